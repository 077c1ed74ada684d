/** Single keys of the control room; they do nothing while a text is typed, and can be switched off. */
import { element } from "../element.js";
import { t } from "../locale.js";
import { openDialog } from "./parts.js";

/** The keys in the order of the help. */
export const KEYS = ["S", "T", "A", "V", "D", "X", "F", "C", "/", "W", "R", "H", "I", "1", "2", "3", "4", "5", "6", "7", "?"];

/** Which key an event means, null if none. @param {{ key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean, isTyping: boolean }} event */
export function keyOf({ key, ctrlKey, metaKey, altKey, isTyping }) {
  if (ctrlKey || metaKey || altKey || isTyping) return null;
  const wanted = key.length === 1 ? key.toUpperCase() : key;
  return KEYS.includes(wanted) ? wanted : null;
}

/** @param {Record<string, () => void>} actions @param {() => boolean} isOn */
export function listenToKeys(actions, isOn) {
  document.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    const isTyping = target.matches("input, select, textarea") || Boolean(document.querySelector("dialog[open]"));
    const key = keyOf({ key: event.key, ctrlKey: event.ctrlKey, metaKey: event.metaKey, altKey: event.altKey, isTyping });
    if (!key || !isOn() || event.defaultPrevented) return;
    event.preventDefault();
    actions[key]?.();
  });
}

export function showKeys() {
  const rows = KEYS.flatMap((key) => [element("dt", {}, element("kbd", {}, key)), element("dd", {}, t(`key.${key}`))]);
  return openDialog({ title: t("room.keys"), fields: [element("dl", { class: "keys" }, ...rows)], confirm: null });
}
