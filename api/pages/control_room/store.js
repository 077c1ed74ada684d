/** The one store of the control room: a frozen state, changes by patches, and listeners that are called once a frame. */

/** @template {object} T */
export class Store {
  /** @param {T} state @param {(work: () => void) => void} later when listeners are called */
  constructor(state, later = (work) => requestAnimationFrame(() => work())) {
    this.state = Object.freeze({ ...state });
    this.later = later;
    /** @type {{ keys: (keyof T)[], listen: (state: T) => void }[]} */
    this.listeners = [];
    /** @type {Set<keyof T>} */
    this.changed = new Set();
  }

  /** Call a function after one of the keys has changed. @param {(keyof T)[]} keys @param {(state: T) => void} listen */
  on(keys, listen) {
    this.listeners.push({ keys, listen });
  }

  /** @param {Partial<T>} patch */
  set(patch) {
    const keys = /** @type {(keyof T)[]} */ (Object.keys(patch)).filter((key) => patch[key] !== this.state[key]);
    if (!keys.length) return;
    this.state = Object.freeze({ ...this.state, ...patch });
    const isFirst = this.changed.size === 0;
    for (const key of keys) this.changed.add(key);
    if (isFirst) this.later(() => this.flush());
  }

  flush() {
    const changed = this.changed;
    this.changed = new Set();
    for (const { keys, listen } of this.listeners) if (keys.some((key) => changed.has(key))) listen(this.state);
  }
}
