"""Runs that fall silent are told of once, and again only after something came. The clock is the test's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from desktop_app.api import MetricPoint, ResourcePoint, RunSnapshot, RunStatus
from desktop_app.services.run_store import RunStore
from desktop_app.services.stalls import Signs, StallWatch, may_stall, signs_of
from tests.helpers.run_folders import make_run
from tests.helpers.snapshots import snapshot

START = 1_800_000_000.0


class Bench:
    """One run that wrote every two seconds, and a clock."""

    def __init__(self) -> None:
        self.now = START + 100
        self.beats = [START + 2 * each for each in range(50)]
        self.use: list[tuple[float, float]] = []
        self.steps: list[float] = []
        self.gpu: list[float] = []
        self.store = RunStore()
        self.store.update([snapshot("a")])
        self.watch = StallWatch(lambda: self.now, self.signs)
        self.told: list[str] = []
        self.changed: list[frozenset[str]] = []
        self.watch.stalled.connect(self.told.append)
        self.watch.changed.connect(self.changed.append)

    def signs(self, _run: RunSnapshot) -> Signs:
        return Signs(self.beats, self.use, self.steps, self.gpu)

    async def pass_time(self, seconds: float) -> None:
        """Look every ten seconds for a while."""
        end = self.now + seconds
        while self.now < end:
            self.now += 10
            await self.watch.look(self.store)


async def test_a_stall_is_told_once_and_again_after_it_recovered() -> None:
    bench = Bench()
    await bench.pass_time(50)
    assert bench.told == []
    await bench.pass_time(300)
    assert bench.told == ["local://a"]
    assert bench.watch.text("local://a") == "quiet for 5 min"
    assert bench.watch.sentence("local://a").startswith("No log and no metric for 5 min; until then something came")
    bench.beats.append(bench.now)
    await bench.pass_time(20)
    assert (bench.watch.text("local://a"), bench.watch.sentence("local://a")) == ("", "")
    assert bench.told == ["local://a"]
    await bench.pass_time(100)
    assert bench.told == ["local://a", "local://a"]
    assert bench.changed == [frozenset({"local://a"})] * 3


async def test_a_run_that_ends_is_quiet_no_more() -> None:
    bench = Bench()
    await bench.pass_time(200)
    assert list(bench.watch.quiet) == ["local://a"]
    bench.store.update([snapshot("a", RunStatus.COMPLETED)])
    await bench.pass_time(10)
    assert not bench.watch.quiet


async def test_a_machine_that_slept_tells_of_nothing() -> None:
    bench = Bench()
    await bench.pass_time(20)
    bench.now += 8 * 3600
    await bench.pass_time(50)
    assert bench.told == []
    await bench.pass_time(50)
    assert bench.told == ["local://a"], "but of what does not go on afterwards"


async def test_one_that_is_busy_gets_more_time() -> None:
    bench = Bench()
    bench.beats = [START + 20 * each - 900 for each in range(50)]  # the last at START + 80
    bench.use = [(START + second, 95.0) for second in range(0, 100, 2)]
    for _look in range(18):
        bench.use += [(bench.now + each, 95.0) for each in range(0, 10, 2)]
        await bench.pass_time(10)
    assert bench.told == [], "200 s and its CPU works"
    await bench.pass_time(60)
    assert bench.told == ["local://a"], "idle now"


async def test_a_run_that_goes_on_to_write_stalls_without_steps_or_without_its_gpu() -> None:
    for lack, said in (("steps", "No metric for 5 min"), ("gpu", "No use of the GPU for 5 min")):
        bench = Bench()
        setattr(bench, lack, [START + each for each in range(100)])
        for _look in range(45):
            bench.beats.append(bench.now)  # a word that it waits
            await bench.pass_time(10)
        assert bench.told == ["local://a"], lack
        assert said.removesuffix("5 min") in bench.watch.sentence("local://a")
        getattr(bench, lack).append(bench.now)
        bench.beats.append(bench.now)
        await bench.pass_time(10)
        assert bench.watch.text("local://a") == ""


async def test_what_a_gpu_did_is_remembered_beyond_the_samples_that_are_read() -> None:
    bench = Bench()
    for _look in range(30):
        bench.gpu = [bench.now + each for each in range(0, 10, 2)]  # the end of a long file
        bench.beats.append(bench.now)
        await bench.pass_time(10)
    bench.gpu = []
    for _look in range(40):
        bench.beats.append(bench.now)
        await bench.pass_time(10)
    assert bench.told == ["local://a"]


async def test_a_run_in_a_workspace_is_watched_while_its_page_is_open() -> None:
    bench = Bench()
    bench.store.update([snapshot("a", RunStatus.COMPLETED), snapshot("b", backend="azureml")])
    handle = next(each.handle for each in bench.store.runs.values() if each.backend == "azureml")
    await bench.pass_time(400)
    assert bench.told == [], "nobody fetches its logs"
    for _look in range(6):
        bench.watch.hear(handle)
        await bench.pass_time(10)
    assert bench.told == [], "it counts from when its logs came again"
    for _look in range(3):
        bench.watch.hear(handle)
        await bench.pass_time(10)
    assert bench.told == [handle]
    assert bench.watch.sentence(handle).startswith("No log for ")
    await bench.pass_time(30)
    assert bench.watch.text(handle) == "", "the page was left"


def test_who_can_be_watched() -> None:
    run = snapshot("a")
    assert may_stall(run)
    assert not may_stall(None)
    assert not may_stall(snapshot("a", RunStatus.QUEUED))
    assert not may_stall(snapshot("a", backend="azureml"))
    assert not may_stall(replace(run, from_bundle="host"))


def test_signs_of_life_are_read_from_a_runs_files(tmp_path: Path) -> None:
    made = make_run(tmp_path, "r-1", RunStatus.RUNNING)
    for second in range(5):
        made.append(0, b"x\n", START + second)
        made.append(1, b"x\n", START + second + 0.5)
    made.add_metrics([MetricPoint("loss", 1.0, 1, START + 9.0)])
    made.add_resources([ResourcePoint(0, START, 90.0, 1), ResourcePoint(1, START + 1, 5.0, 1, gpu=99.0)])
    with (made.path / "metrics.jsonl").open("a") as file:
        file.write('{"time": "soon"}\nno json\n[]\n')
    signs = signs_of(made.snapshot)
    assert made.snapshot.started is not None
    assert set(signs.beats) - {made.snapshot.started.timestamp()} == {
        *(START + second for second in range(5)), *(START + second + 0.5 for second in range(5)), START + 9.0,
    }  # fmt: skip
    assert signs.use == [(START, 90.0), (START + 1, 99.0)]
    assert signs_of(replace(made.snapshot, folder=str(tmp_path / "gone"), started=None)).beats == []
