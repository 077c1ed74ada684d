"""Engines: where work is done, on this process, on a pool of processes, or on a Dask cluster, with the same results.

What every piece of work needs (a `Kit`: a day model, a case of a sweep) is sent to each worker once; a piece of work is
a small value. Results come back as they are done, each with the place of its call, so that whoever puts them in order
gets the same whichever engine did it and however many workers there were.

A worker that dies takes nothing with it: what it was doing is done again. Work that kills its workers again and again
is given up with an error that says so.
"""

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
from pathlib import Path
from typing import Any, Protocol

from energy_models.faults import Fault, InputFaults
from simulation.source import source_hash

MOST_LOSSES = 3
"""Times in a row that workers may die before a single result comes back; after that the work is given up."""

_KITS_HELD = 2
"""Kits that a worker process keeps: those of two cases that are worked on side by side."""

_AHEAD = 2
"""Calls that wait for each worker, so that none is idle and few kits are made before they are needed."""

_CONNECT_S = 10


class Kit(Protocol):
    """What a worker holds, and what it does with it; both must survive pickling."""

    def work(self, task: Any) -> Any:
        """Do one piece of work; the result depends on the kit and the task alone."""
        ...


@dataclass(frozen=True)
class Engine:
    """Where work is done: on `workers` processes of this machine (one: in this process), or at a Dask `address`."""

    workers: int = 1
    address: str | None = None

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise ValueError(f"workers(={self.workers}) must be >= 1")


class EngineError(RuntimeError):
    """Workers died again and again, or the cluster is gone: the work cannot be done here."""


@dataclass(frozen=True, eq=False)
class Held:
    """A kit in the hands of a session; `at` is the kit itself, the file it lies in, or its place on the cluster."""

    kit: Kit
    at: Any


@dataclass(frozen=True, eq=False)
class Call:
    """One piece of work for a kit."""

    held: Held
    task: Any


class Session:
    """A running engine; made by `started`. Results do not depend on which one it is."""

    def hold(self, kit: Kit) -> Held:
        """Give a kit to the workers: each gets it once, when it first needs it."""
        return Held(kit, kit)

    def release(self, held: Held) -> None:
        """Forget a kit that no call will ask for again."""

    def run(self, calls: Iterable[Call]) -> Iterator[tuple[int, Any]]:
        """Do all work; yield the number of each call, in the order of `calls`, with its result, as they are done.

        `calls` is read only a few pieces ahead. What a piece of work raises is raised here. Raises EngineError when
        workers die without any result in between more than three times.
        """
        for number, call in enumerate(calls):
            yield number, call.held.kit.work(call.task)


@contextmanager
def started(engine: Engine) -> Iterator[Session]:
    """Start an engine, and stop it in the end; waiting work is dropped when the body ends early.

    Raises InputFaults when the cluster's address is wrong or does not answer, or `distributed` is not installed.
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
    """A worker died, or a kit went with it."""


class _SpreadSession(Session, ABC):
    """What a pool and a cluster share: a window of calls under way, and what happens when a worker dies."""

    def run(self, calls: Iterable[Call]) -> Iterator[tuple[int, Any]]:
        waiting = iter(enumerate(calls))
        again: list[tuple[int, Call]] = []
        under_way: dict[Future[Any], tuple[int, Call]] = {}
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
                done = wait(under_way, return_when=FIRST_COMPLETED).done if under_way else set()
                lost = not under_way
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
                if lost:
                    # What else was under way is lost too, or will be told as lost by its own future.
                    losses += 1
                    if losses > MOST_LOSSES:
                        raise EngineError(
                            f"workers died {losses} times in a row while they computed; usually the memory is too "
                            "small for so many workers: try fewer"
                        )
                    again += self._mend(under_way)
                    again.sort(key=lambda one: one[0])
        finally:
            for future in under_way:
                future.cancel()

    @abstractmethod
    def _window(self) -> int:
        """Calls that may be under way at once."""

    @abstractmethod
    def _submit(self, call: Call) -> "Future[Any]":
        """Give a call to a worker. Raises _Lost when there is none to give it to."""

    @abstractmethod
    def _result(self, future: "Future[Any]") -> Any:
        """The result of a call that is done. Raises _Lost when its worker died."""

    @abstractmethod
    def _mend(self, under_way: "dict[Future[Any], tuple[int, Call]]") -> list[tuple[int, Call]]:
        """After a loss: take from what is under way, and return, what nobody will do any more."""


class _PoolSession(_SpreadSession):
    """Spawned processes; kits lie in files, which a worker reads when it first needs them."""

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
        workers = list(self._pool._processes.values()) if at_once else []
        self._pool.shutdown(wait=False, cancel_futures=True)
        for worker in workers:  # what they are doing is not wanted any more, and may take a while
            worker.terminate()

    def _new_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self._workers, mp_context=multiprocessing.get_context("spawn"), initializer=_begin_worker
        )

    def _window(self) -> int:
        return _AHEAD * self._workers

    def _submit(self, call: Call) -> "Future[Any]":
        try:
            return self._pool.submit(_work_from_file, call.held.at, call.task)
        except BrokenProcessPool as error:
            raise _Lost from error

    def _result(self, future: "Future[Any]") -> Any:
        try:
            return future.result()
        except (BrokenProcessPool, CancelledError) as error:
            raise _Lost from error

    def _mend(self, under_way: "dict[Future[Any], tuple[int, Call]]") -> list[tuple[int, Call]]:
        """A broken pool never works again: everything under way moves to a new one."""
        lost = list(under_way.values())
        under_way.clear()
        self.stop()
        self._pool = self._new_pool()
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
            raise EngineError(f"the cluster has no workers to work on: start some ({error})") from error

    def _window(self) -> int:
        threads: list[int] = list(self._client.nthreads().values())
        return _AHEAD * max(1, sum(threads))

    def _submit(self, call: Call) -> "Future[Any]":
        at = self._scattered[call.held]
        if at.status != "finished":  # all workers that held it are dead
            at = self._scattered[call.held] = self._scatter(call.held.kit)
        return self._executor.submit(_work_on_cluster, at, call.task, source_hash())

    def _result(self, future: "Future[Any]") -> Any:
        from distributed.scheduler import KilledWorker  # noqa: PLC0415 - an extra, see `_cluster`

        try:
            return future.result()
        except (KilledWorker, CancelledError) as error:
            raise _Lost from error
        except ImportError as error:
            raise EngineError(f"the cluster's workers cannot import Headwatt: install it there ({error})") from error

    def _mend(self, under_way: "dict[Future[Any], tuple[int, Call]]") -> list[tuple[int, Call]]:
        """The scheduler itself gives what a dead worker was doing to another; only what it gave up comes back."""
        del under_way
        if self._client.status != "running":
            raise EngineError("the cluster's scheduler is gone")
        return []


@contextmanager
def _cluster(address: str) -> Iterator[Session]:
    try:
        import distributed  # noqa: PLC0415 - an extra that few need, and slow to import
    except ImportError:
        allowed = "nothing, or the package distributed installed: pip install 'headwatt[cluster]'"
        raise InputFaults([Fault("", "", "--engine", address, allowed)]) from None
    try:
        client: Any = distributed.Client(address, set_as_default=False, timeout=_CONNECT_S)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        allowed = f"the address of a Dask scheduler that answers, such as tcp://scheduler:8786 ({error})"
        raise InputFaults([Fault("", "", "--engine", address, allowed)]) from None
    try:
        yield _ClusterSession(client)
    finally:
        client.close()


def _begin_worker() -> None:
    """Leave Ctrl-C to the parent, and do not outlive it."""
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
    """In a worker process of a pool."""
    kit = _kits.get(file)
    if kit is None:
        kit = pickle.loads(Path(file).read_bytes())
        _kits[file] = kit
        while len(_kits) > _KITS_HELD:
            _kits.popitem(last=False)
    _kits.move_to_end(file)
    return kit.work(task)


def _work_on_cluster(kit: Kit, task: Any, wanted_source: str) -> Any:
    """In a worker of a cluster, whose threads share kits that are not made for it: one at a time."""
    if source_hash() != wanted_source:
        raise EngineError("a worker of the cluster runs another version of Headwatt: results would differ")
    with _one_at_a_time:
        return kit.work(task)
