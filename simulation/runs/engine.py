"""Engines: work in this process, in a pool of processes, or on a Dask cluster, with the same results.

The common input of tasks (a `Kit`: a day model, a case of a sweep) is sent to each worker once; a task is a small
value. Results return when they are done, each with the number of its call, so that the ordered results are the same for
every engine and every number of workers.

If a worker process ends unexpectedly, its tasks are done again. If workers end repeatedly, the engine raises an error.
"""

import gc
import multiprocessing
import os
import pickle
import signal
import tempfile
import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import forkserver
from pathlib import Path
from typing import Any, Protocol

from energy_models.faults import Fault, InputFaults
from simulation.runs.source_hash import source_hash

MOST_LOSSES = 3
"""Largest number of consecutive losses of workers without a result; then the engine raises an error."""

_KITS_HELD = 2
"""Number of kits that a worker process keeps, for two cases in parallel."""

_AHEAD = 2
"""Number of waiting calls per worker, so that workers are not idle and few kits are built early."""

_LOOK_S = 1.0
"""Interval at which a session that waits for results checks whether its workers are lost."""

_CONNECT_S = 10

_IMPORTED_ONCE = ["simulation.runs.replications"]
"""Modules that a server process imports once; the worker processes are copies of it, which takes milliseconds."""


class Kit(Protocol):
    """The state of a worker and its operation; both must be picklable."""

    def work(self, task: Any) -> Any:
        """Do one task; the result depends only on the kit and the task."""
        ...


@dataclass(frozen=True)
class Engine:
    """The engine: `workers` processes of this machine (one: this process), or a Dask cluster at `address`."""

    workers: int = 1
    address: str | None = None

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise ValueError(f"workers(={self.workers}) must be >= 1")


class EngineError(RuntimeError):
    """The engine cannot do the work: workers ended repeatedly, or there is no cluster."""


@dataclass(frozen=True, eq=False)
class Held:
    """A kit of a session; `at` is the kit, its file, or its reference on the cluster."""

    kit: Kit
    at: Any


@dataclass(frozen=True, eq=False)
class EngineTask:
    """One task for a kit."""

    held: Held
    task: Any


class Session:
    """A running engine, created by `started`. Results do not depend on the engine."""

    def hold(self, kit: Kit) -> Held:
        """Register a kit; each worker gets the kit once, at its first use."""
        return Held(kit, kit)

    def release(self, held: Held) -> None:
        """Remove a kit that no further call needs."""

    def run(self, calls: Iterable[EngineTask]) -> Iterator[tuple[int, Any]]:
        """Do all calls; yield the index of each call in `calls` with its result, when it is done.

        `calls` is read only a few calls ahead. Errors of a task are raised here. Raises EngineError if workers end
        unexpectedly more than three times without a result in between.
        """
        for number, call in enumerate(calls):
            yield number, call.held.kit.work(call.task)


def import_for_workers() -> None:
    """Begin, in a process of its own, the imports that the first workers would otherwise do after their start."""
    forkserver.set_forkserver_preload(_IMPORTED_ONCE)
    forkserver.ensure_running()


@contextmanager
def started(engine: Engine) -> Iterator[Session]:
    """Start an engine, and stop it at the end; waiting work is cancelled if the body ends early.

    Raises InputFaults if the address of the cluster is wrong or does not respond, or `distributed` is not installed.
    """
    if engine.address is not None:
        with _cluster(engine.address) as session:
            yield session
    elif engine.workers == 1:
        yield Session()
    else:
        with tempfile.TemporaryDirectory(prefix="headwatt-kits-") as folder:
            pool = _PoolSession(engine.workers, Path(folder))
            try:
                yield pool
            except BaseException:
                pool.stop(at_once=True)
                raise
            pool.stop()


class _Lost(Exception):
    """A worker ended unexpectedly, or a kit was lost with it."""


class _SpreadSession(Session, ABC):
    """The common part of pool and cluster: a window of running calls, and the recovery after a loss of workers."""

    _is_stopped = False
    """Whether no caller waits for results; other threads of the session then end."""

    def run(self, calls: Iterable[EngineTask]) -> Iterator[tuple[int, Any]]:
        waiting = iter(enumerate(calls))
        again: list[tuple[int, EngineTask]] = []
        under_way: dict[Future[Any], tuple[int, EngineTask]] = {}
        losses = 0
        try:
            while True:
                while len(under_way) < self._window():
                    one = again.pop(0) if again else next(waiting, None)
                    if one is None:
                        break
                    try:
                        under_way[self._submit(one[1])] = one
                    except _Lost:
                        again.append(one)
                        break
                if not under_way and not again:
                    return
                done = self._done(under_way)
                lost = not done
                for future in done:
                    number, call = under_way.pop(future)
                    try:
                        result = self._result(future)
                    except _Lost:
                        again.append((number, call))
                        lost = True
                        continue
                    losses = 0
                    yield number, result
                if lost and self._is_stopped:
                    return
                if lost:
                    # Other running calls are lost too, or their own futures report the loss.
                    losses += 1
                    if losses > MOST_LOSSES:
                        raise EngineError(
                            f"worker processes ended unexpectedly {losses} times in a row; the usual reason is too "
                            "little memory for so many workers: use fewer workers"
                        )
                    again += self._mend(under_way)
                    again.sort(key=lambda one: one[0])
        finally:
            for future in under_way:
                future.cancel()

    def _done(self, under_way: "dict[Future[Any], tuple[int, EngineTask]]") -> set[Future[Any]]:
        """Wait until some calls are finished; none if there are none, or if the workers are lost without notice."""
        done: set[Future[Any]] = set()
        while under_way and not done and not self._is_broken():
            done = wait(under_way, timeout=_LOOK_S, return_when=FIRST_COMPLETED).done
        return done or wait(under_way, timeout=0).done

    def _is_broken(self) -> bool:
        """Whether running calls may never be finished."""
        return False

    @abstractmethod
    def _window(self) -> int:
        """Largest number of running calls."""

    @abstractmethod
    def _submit(self, call: EngineTask) -> "Future[Any]":
        """Submit a call to a worker. Raises _Lost if there is no worker."""

    @abstractmethod
    def _result(self, future: "Future[Any]") -> Any:
        """The result of a finished call. Raises _Lost if its worker ended unexpectedly."""

    @abstractmethod
    def _mend(self, under_way: "dict[Future[Any], tuple[int, EngineTask]]") -> list[tuple[int, EngineTask]]:
        """After a loss: remove the lost calls from the running calls, and return them."""


class _PoolSession(_SpreadSession):
    """Processes of this machine; kits are in files, which a worker reads at their first use."""

    def __init__(self, workers: int, folder: Path) -> None:
        self._workers = workers
        self._folder = folder
        self._kits = 0
        self._pool = self._new_pool()

    def hold(self, kit: Kit) -> Held:
        self._kits += 1
        file = self._folder / f"{self._kits}.pickle"
        file.write_bytes(pickle.dumps(kit, pickle.HIGHEST_PROTOCOL))
        return Held(kit, str(file))

    def release(self, held: Held) -> None:
        Path(held.at).unlink(missing_ok=True)

    def stop(self, at_once: bool = False) -> None:
        self._is_stopped = True
        self._shut(at_once)

    def _shut(self, at_once: bool = False) -> None:
        processes = self._pool._processes or {}
        self._pool.shutdown(wait=False, cancel_futures=True)
        # Listed after the shutdown: until then, another thread may start a worker for a call that it submits.
        for worker in list(processes.values()) if at_once else ():
            worker.terminate()  # its present task is no longer needed, and may take long

    def _new_pool(self) -> ProcessPoolExecutor:
        import_for_workers()
        return ProcessPoolExecutor(
            self._workers,
            mp_context=multiprocessing.get_context("forkserver"),
            initializer=_begin_worker,
            initargs=(dict(os.environ),),
        )

    def _window(self) -> int:
        return _AHEAD * self._workers

    def _is_broken(self) -> bool:
        # A call that is submitted while the pool breaks may miss the notice that all calls of the pool get.
        return bool(self._pool._broken)

    def _submit(self, call: EngineTask) -> "Future[Any]":
        try:
            return self._pool.submit(_work_from_file, call.held.at, call.task)
        except (RuntimeError, OSError) as error:
            # RuntimeError: the pool is broken, or another thread has stopped the session.
            # OSError: the pool noticed the end of a worker, and closed its queue, while this call started another one.
            raise _Lost from error

    def _result(self, future: "Future[Any]") -> Any:
        try:
            return future.result()
        except (BrokenProcessPool, CancelledError) as error:
            raise _Lost from error

    def _mend(self, under_way: "dict[Future[Any], tuple[int, EngineTask]]") -> list[tuple[int, EngineTask]]:
        """A broken pool cannot continue: all running calls move to a new pool."""
        lost = list(under_way.values())
        under_way.clear()
        self._shut(at_once=True)
        self._pool = self._new_pool()
        if self._is_stopped:  # by another thread, which has shut the pool before this one
            self._shut(at_once=True)
        return lost


class _ClusterSession(_SpreadSession):
    """A Dask cluster through its `concurrent.futures` interface; kits are scattered to all its workers."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._executor: Executor = client.get_executor(pure=False)
        self._scattered: dict[Held, Any] = {}

    def hold(self, kit: Kit) -> Held:
        held = Held(kit, None)
        self._scattered[held] = self._scatter(kit)
        return held

    def release(self, held: Held) -> None:
        self._scattered.pop(held, None)

    def _scatter(self, kit: Kit) -> Any:
        try:
            return self._client.scatter(kit, broadcast=True, hash=False)
        except (OSError, TimeoutError) as error:
            raise EngineError(f"the cluster has no workers: start workers ({error})") from error

    def _window(self) -> int:
        threads: list[int] = list(self._client.nthreads().values())
        return _AHEAD * max(1, sum(threads))

    def _submit(self, call: EngineTask) -> "Future[Any]":
        at = self._scattered[call.held]
        if at.status != "finished":  # all workers with the kit have ended
            at = self._scattered[call.held] = self._scatter(call.held.kit)
        return self._executor.submit(_work_on_cluster, at, call.task, source_hash())

    def _result(self, future: "Future[Any]") -> Any:
        from distributed.scheduler import KilledWorker  # noqa: PLC0415 - an extra, see `_cluster`

        try:
            return future.result()
        except (KilledWorker, CancelledError) as error:
            raise _Lost from error
        except ImportError as error:
            raise EngineError(
                f"the workers of the cluster cannot import Headwatt: install it there ({error})"
            ) from error

    def _mend(self, under_way: "dict[Future[Any], tuple[int, EngineTask]]") -> list[tuple[int, EngineTask]]:
        """The scheduler moves the calls of a lost worker to another worker; only calls that it cancelled return."""
        del under_way
        if self._client.status != "running":
            raise EngineError("the scheduler of the cluster does not respond")
        return []


@contextmanager
def _cluster(address: str) -> Iterator[Session]:
    try:
        import distributed  # noqa: PLC0415 - an extra that few need, and slow to import
    except ImportError:
        allowed = "no address, or install the package distributed: pip install 'headwatt[cluster]'"
        raise InputFaults([Fault("", "", "--engine", address, allowed)]) from None
    try:
        client: Any = distributed.Client(address, set_as_default=False, timeout=_CONNECT_S)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        allowed = f"the address of a running Dask scheduler, such as tcp://scheduler:8786 ({error})"
        raise InputFaults([Fault("", "", "--engine", address, allowed)]) from None
    try:
        yield _ClusterSession(client)
    finally:
        client.close()


def _begin_worker(environment: dict[str, str]) -> None:
    """Take the parent's present environment, ignore Ctrl-C, which the parent handles, and end with the parent."""
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.join,), name="headwatt-parent", daemon=True).start()


def _end_with(join: Callable[[], None]) -> None:
    join()
    os._exit(1)


_kits: "OrderedDict[str, Kit]" = OrderedDict()
_one_at_a_time = threading.Lock()


def _work_from_file(file: str, task: Any) -> Any:
    """Do a call in a worker process of a pool."""
    kit = _kits.get(file)
    if kit is None:
        kit = pickle.loads(Path(file).read_bytes())
        _kits[file] = kit
        while len(_kits) > _KITS_HELD:
            _kits.popitem(last=False)
        # The collector of garbage would examine the objects of the kit again and again: 5 % of the time of a day.
        gc.unfreeze()
        gc.collect()
        gc.freeze()
    _kits.move_to_end(file)
    return kit.work(task)


def _work_on_cluster(kit: Kit, task: Any, wanted_source: str) -> Any:
    """Do a call in a worker of a cluster; its threads share kits that are not thread-safe, so one call at a time."""
    if source_hash() != wanted_source:
        raise EngineError("a worker of the cluster has another version of Headwatt, and its results would differ")
    with _one_at_a_time:
        return kit.work(task)
