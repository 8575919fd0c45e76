"""Logs as files that grow, and what a run has made, fetched."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest

from desktop_app.api import Looks, OutsideError, RunStatus, UserError
from desktop_app.backends.azureml.client.wire import Ask, CloudFault, Reply
from desktop_app.backends.azureml.runs.log_copies import LogCopy
from desktop_app.backends.azureml.runs.metrics import points_of
from desktop_app.services.logs.merge import MergedLog
from desktop_app.services.logs.sources import log_sources
from tests.helpers.azure_backends import Desk, desk, quiet
from tests.helpers.told_wire import fault, md5_of, not_found, told
from tests.helpers.waiting import wait_until_async

STORE = "https://account.blob.core.windows.net/azureml"


@dataclass
class Blobs:
    """Blobs of a run behind links that expire."""

    made: Desk
    handle: str
    age: int = 0

    @property
    def run(self) -> str:
        """The run's name."""
        return self.handle.rpartition("/")[2]

    def write(self, name: str, text: str) -> None:
        """Have a log say so."""
        self.made.jobs.wire.files[f"{STORE}/{self.run}/{name}"] = text.encode()
        self.made.jobs.logs.setdefault(self.run, {})[name] = self.link(name)

    def link(self, name: str) -> str:
        """Return the link that holds at present."""
        return f"{STORE}/{self.run}/{name}?sig={self.age}"

    def expire(self) -> None:
        """Let all links be of no use any more; details give new ones."""
        names = list(self.made.jobs.logs[self.run])
        self.made.jobs.wire.expired |= {self.link(each) for each in names}
        self.age += 1
        self.made.jobs.logs[self.run] = {each: self.link(each) for each in names}

    def end(self, state: str = "Completed") -> None:
        """Let the run be over."""
        self.made.jobs.states[self.run] = state


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[tuple[Desk, Blobs]]:
    """Give a run that goes on."""
    async with desk(folder) as made:
        handle = await made.submit()
        blobs = Blobs(made, handle)
        made.jobs.states[blobs.run] = "Running"
        yield made, blobs


def texts(files: Mapping[str, Path]) -> dict[str, str]:
    """Return what the logs say."""
    return {name: path.read_text() for name, path in files.items()}


async def until(true: Callable[[], bool]) -> None:
    """Wait until it is so."""

    async def is_so() -> bool:
        return true()

    await wait_until_async(is_so, 20)


async def says(made: Desk, handle: str, name: str, text: str) -> Callable[[], str]:
    """Wait until the log says so, without asking for it again."""
    path = made.home / "cloud" / handle.rpartition("/")[2] / name

    async def is_said() -> bool:
        return path.exists() and path.read_text() == text

    await wait_until_async(is_said, 20)
    return path.read_text


async def test_every_ranks_log_is_there_and_grows_by_itself(tmp_path: Path) -> None:
    async with running(tmp_path) as (made, blobs):
        for rank in range(4):
            blobs.write(f"user_logs/std_log_process_{rank:02}.txt", f"rank {rank}\n")
        blobs.write("system_logs/lifecycler/x.log", "noise")
        files = await made.backend.log_files(blobs.handle)
        assert texts(files) == {f"user_logs/std_log_process_{rank:02}.txt": f"rank {rank}\n" for rank in range(4)}
        blobs.write("user_logs/std_log_process_02.txt", "rank 2\nmore\n")
        await says(made, blobs.handle, "user_logs/std_log_process_02.txt", "rank 2\nmore\n")
        run = await made.look(blobs.handle)
        assert [each.log for each in run.ranks] == list(files)
        blobs.write("user_logs/std_log_process_00.txt", "rank 0\nthen 0\n")
        await says(made, blobs.handle, "user_logs/std_log_process_00.txt", "rank 0\nthen 0\n")

        def merged() -> list[str]:
            return [each.text for each in MergedLog([*log_sources(run)]).around((0.0, -1, 0), 0, 100).lines]

        await until(lambda: merged() == ["rank 0", "rank 1", "rank 2", "rank 3", "more", "then 0"])


async def test_when_a_log_was_written_is_known_only_of_what_came_since(tmp_path: Path) -> None:
    async with running(tmp_path) as (made, blobs):
        blobs.write("user_logs/std_log_process_0.txt", "long ago\n")
        await made.backend.log_files(blobs.handle)
        blobs.write("user_logs/std_log_process_0.txt", "long ago\nnow\n")
        await says(made, blobs.handle, "user_logs/std_log_process_0.txt", "long ago\nnow\n")
        run = await made.look(blobs.handle)

        def timed() -> dict[str, bool]:
            lines = MergedLog([*log_sources(run)]).around((0.0, -1, 0), 0, 100).lines
            return {each.text: each.time > 0 for each in lines}

        await until(lambda: timed() == {"long ago": False, "now": True})


async def test_only_what_is_new_is_fetched(tmp_path: Path) -> None:
    async with running(tmp_path) as (made, blobs):
        name, text = "user_logs/std_log.txt", "0123456789\n" * 1000
        blobs.write(name, text)
        await made.backend.log_files(blobs.handle)
        for _line in range(3):
            text += "one more line\n"
            blobs.write(name, text)
            await says(made, blobs.handle, name, text)
        assert sum(size for _url, size in made.jobs.wire.fetched) == len(text)


async def test_a_link_that_expired_is_renewed(tmp_path: Path) -> None:
    async with running(tmp_path) as (made, blobs):
        blobs.write("user_logs/std_log.txt", "a\n")
        await made.backend.log_files(blobs.handle)
        for number in range(3):
            blobs.expire()
            blobs.write("user_logs/std_log.txt", "a\n" * (number + 2))
            await says(made, blobs.handle, "user_logs/std_log.txt", "a\n" * (number + 2))


async def test_a_log_that_shrinks_begins_anew_and_says_so(tmp_path: Path) -> None:
    async with running(tmp_path) as (made, blobs):
        name = "user_logs/std_log.txt"
        blobs.write(name, "the first text\n")
        files = await made.backend.log_files(blobs.handle)
        blobs.write(name, "new\n")
        told_so = "the first text\n\n--- This log began anew in the cloud; what follows is its new text. ---\nnew\n"
        await says(made, blobs.handle, name, told_so)
        blobs.write(name, "new\nlines\n")
        await says(made, blobs.handle, name, f"{told_so}lines\n")
        assert list(files) == [name]
    async with desk(tmp_path, made.jobs) as again:
        blobs.write(name, "new\nlines\nafter\n")
        assert texts(await again.backend.log_files(blobs.handle)) == {name: f"{told_so}lines\nafter\n"}


async def test_a_run_is_told_over_only_with_all_its_text(tmp_path: Path) -> None:
    async with running(tmp_path) as (made, blobs):
        blobs.write("user_logs/std_log.txt", "begin\n")
        files = await made.backend.log_files(blobs.handle)
        blobs.write("user_logs/std_log.txt", "begin\nlast words\n")
        blobs.write("user_logs/std_log_1.txt", "the other\n")
        blobs.end("Failed")
        assert (await made.look(blobs.handle)).status is RunStatus.FAILED
        assert files["user_logs/std_log.txt"].read_text() == "begin\nlast words\n"
        made.jobs.wire.down = fault("offline")
        assert texts(await made.backend.log_files(blobs.handle)) == {
            "user_logs/std_log.txt": "begin\nlast words\n", "user_logs/std_log_1.txt": "the other\n"
        }  # fmt: skip


async def test_offline_what_was_fetched_is_there_and_it_goes_on_when_the_service_answers(tmp_path: Path) -> None:
    async with running(tmp_path) as (made, blobs):
        blobs.write("user_logs/std_log.txt", "a\n")
        made.jobs.wire.down = fault("offline")
        with pytest.raises(CloudFault):
            await made.backend.log_files(blobs.handle)
        made.jobs.wire.down = None
        await made.backend.log_files(blobs.handle)
        made.jobs.wire.down = fault("offline")
        assert texts(await made.backend.log_files(blobs.handle)) == {"user_logs/std_log.txt": "a\n"}
        blobs.write("user_logs/std_log.txt", "a\nb\n")
        made.jobs.wire.down = None
        await says(made, blobs.handle, "user_logs/std_log.txt", "a\nb\n")


async def test_another_process_that_fetches_is_left_to_it(tmp_path: Path) -> None:
    async with running(tmp_path) as (made, blobs), desk(tmp_path, made.jobs) as other:
        name = "user_logs/std_log.txt"
        blobs.write(name, "a\n")
        await made.backend.log_files(blobs.handle)
        assert texts(await other.backend.log_files(blobs.handle)) == {name: "a\n"}
        blobs.write(name, "a\nb\n")
        await says(made, blobs.handle, name, "a\nb\n")
        await made.backend._logs[blobs.handle].close()
        blobs.write(name, "a\nb\nc\n")
        await says(made, blobs.handle, name, "a\nb\nc\n")  # the other one goes on
        assert sum(size for _url, size in made.jobs.wire.fetched) == 6


async def test_a_copy_that_was_removed_is_fetched_anew(tmp_path: Path) -> None:
    async with running(tmp_path) as (made, blobs):
        blobs.write("user_logs/std_log.txt", "a\n")
        files = await made.backend.log_files(blobs.handle)
        files["user_logs/std_log.txt"].unlink()
        await says(made, blobs.handle, "user_logs/std_log.txt", "a\n")


async def test_a_full_disk_is_said_and_hides_no_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    async with running(tmp_path) as (made, blobs):
        blobs.write("user_logs/std_log_process_0.txt", "one\n")
        await made.backend.log_files(blobs.handle)
        with monkeypatch.context() as disk:
            for each in ("show", "open"):
                disk.setattr(LogCopy, each, full)
            blobs.write("user_logs/std_log_process_0.txt", "one\ntwo\n")
            with pytest.raises(OutsideError, match="can't be kept: No space left"):
                await made.backend._logs[blobs.handle].catch_up()
            blobs.end()
            assert (await made.look(blobs.handle)).status is RunStatus.COMPLETED
        assert texts(await made.backend.log_files(blobs.handle)) == {"user_logs/std_log_process_0.txt": "one\ntwo\n"}


async def test_links_of_many_logs_are_renewed_together(tmp_path: Path) -> None:
    async with running(tmp_path) as (made, blobs):
        for rank in range(10):
            blobs.write(f"user_logs/std_log_process_{rank}.txt", "a\n")
        await made.backend.log_files(blobs.handle)
        await made.backend._logs[blobs.handle].close()
        blobs.expire()
        before = len(made.jobs.wire.urls("/details"))
        await made.backend._logs[blobs.handle]._read([*made.backend._logs[blobs.handle]._logs.values()])
        assert len(made.jobs.wire.urls("/details")) == before + 1


async def test_a_log_with_a_name_that_leads_out_is_left(tmp_path: Path) -> None:
    async with running(tmp_path) as (made, blobs):
        blobs.write("user_logs/../../../../x.txt", "out\n")
        blobs.write("user_logs/std_log.txt", "in\n")
        assert texts(await made.backend.log_files(blobs.handle)) == {"user_logs/std_log.txt": "in\n"}
        assert not list(tmp_path.rglob("x.txt"))


async def test_a_log_that_went_away_keeps_none_from_the_others(tmp_path: Path) -> None:
    async with running(tmp_path) as (made, blobs):
        blobs.write("user_logs/std_log_0.txt", "a\n")
        blobs.write("user_logs/std_log_1.txt", "b\n")
        del made.jobs.wire.files[f"{STORE}/{blobs.run}/user_logs/std_log_0.txt"]
        assert texts(await made.backend.log_files(blobs.handle))["user_logs/std_log_1.txt"] == "b\n"


async def test_logs_come_as_long_as_somebody_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desktop_app.backends.azureml.runs.logs._LEASE", 0.3)
    async with running(tmp_path) as (made, blobs):
        assert isinstance(made.backend, Looks)
        blobs.write("user_logs/std_log.txt", "a\n")
        await made.backend.look(blobs.handle)
        await says(made, blobs.handle, "user_logs/std_log.txt", "a\n")
        logs = made.backend._logs[blobs.handle]

        async def is_done() -> bool:
            return not logs.is_followed

        await wait_until_async(is_done, 20)
        blobs.write("user_logs/std_log.txt", "a\nb\n")
        await made.backend.look(blobs.handle)
        await says(made, blobs.handle, "user_logs/std_log.txt", "a\nb\n")
        blobs.end()
        await made.look(blobs.handle)
        before = len(made.jobs.wire.asked)
        await made.backend.look(blobs.handle)
        await made.backend.look(blobs.handle)
        assert len(made.jobs.wire.asked) == before


async def test_looking_at_a_run_that_was_over_before_fetches_its_logs_once(tmp_path: Path) -> None:
    async with running(tmp_path) as (made, blobs):
        blobs.write("user_logs/std_log.txt", "all\n")
        blobs.end()
        await made.look(blobs.handle)
        await made.backend.look(blobs.handle)
        assert (made.home / "cloud" / blobs.run / "user_logs" / "std_log.txt").read_text() == "all\n"
        made.jobs.wire.down = fault("offline")
        await made.backend.look(blobs.handle)


async def test_the_log_that_the_end_names_comes_first(tmp_path: Path) -> None:
    async with running(tmp_path) as (made, blobs):
        for rank in range(4):
            blobs.write(f"user_logs/std_log_process_{rank}.txt", f"{rank}\n")
        reason = "Please check log file 'user_logs/std_log_process_2.txt' for error details."
        made.jobs.more[blobs.run] = {"error": {"error": {"message": reason}}}
        blobs.end("Failed")
        await made.look(blobs.handle)
        await made.backend.look(blobs.handle)
        read = [url.partition(".txt")[0][-1] for url, _size in made.jobs.wire.fetched]
        assert read[0] == "2"
        assert sorted(read) == ["0", "1", "2", "3"]


async def test_an_end_is_told_before_endless_logs_are_here_to_who_only_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop_app.backends.azureml.backend._LAST_GLANCE", 0.05)
    async with running(tmp_path) as (made, blobs):
        blobs.write("user_logs/std_log.txt", "a\n")
        await made.backend.look(blobs.handle)
        await says(made, blobs.handle, "user_logs/std_log.txt", "a\n")
        made.jobs.wire.slow = asyncio.Event()
        blobs.write("user_logs/std_log.txt", "a\nlast words\n")
        blobs.end("Failed")
        assert (await made.look(blobs.handle)).status is RunStatus.FAILED
        looking = asyncio.create_task(made.backend.look(blobs.handle))
        made.jobs.wire.slow.set()
        await looking
        path = made.home / "cloud" / blobs.run / "user_logs" / "std_log.txt"
        assert path.read_text() == "a\nlast words\n"


async def test_looking_in_vain_is_said(tmp_path: Path) -> None:
    async with running(tmp_path) as (made, blobs):
        blobs.end()
        await made.look(blobs.handle)
        made.jobs.wire.down = fault("offline")
        with pytest.raises(CloudFault):
            await made.backend.look(blobs.handle)


async def test_metrics_are_read_by_name(tmp_path: Path) -> None:
    async with running(tmp_path) as (made, blobs):
        value = [
            {"step": step, "createdUtc": f"2026-11-21T10:00:0{step}+00:00", "data": {"loss": 1.0 / (step + 1)}}
            for step in range(3)
        ]
        made.jobs.wire.on("POST", "/metric/v2.0", lambda ask: _metrics(ask, value))
        found = await made.backend.metrics(blobs.handle)
        assert [(each.name, each.step, each.value) for each in found] == [
            ("loss", 0, 1.0), ("loss", 1, 0.5), ("loss", 2, 1.0 / 3)
        ]  # fmt: skip
        assert (await made.look(blobs.handle)).metrics == {"loss": (1.0 / 3, 2)}
        before = len(made.jobs.wire.urls("/metric/"))
        for _second in range(5):
            assert await made.backend.metrics(blobs.handle) == found
        assert len(made.jobs.wire.urls("/metric/")) == before  # not every time that somebody draws


def _metrics(ask: Ask, value: list[dict[str, object]]) -> Reply:
    if ask.url.endswith("/list"):
        return told({"value": [{"metricKey": {"name": "loss"}}]})
    return told({"value": value})


def test_what_is_no_number_is_no_point() -> None:
    values: list[object] = [1, "2.5", "NaN", "Infinity", 10**400, "much", None, True, [1]]
    found = [point.value for each in values for point in points_of("loss", {"data": {"loss": each}, "step": 1})]
    assert [str(each) for each in found] == ["1.0", "2.5", "nan", "inf"]


async def test_a_run_without_metrics_has_none(tmp_path: Path) -> None:
    async with running(tmp_path) as (made, blobs):
        assert await made.backend.metrics(blobs.handle) == []


@dataclass
class Made:
    """What a run has made, listed by the storage account."""

    blobs: Blobs
    files: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        wire = self.blobs.made.jobs.wire
        store = {"properties": {"accountName": "account", "containerName": "azureml", "datastoreType": "AzureBlob",
                                "credentials": {"credentialsType": "AccountKey"}}}  # fmt: skip
        wire.on("GET", "/datastores/", told(store))
        wire.on("POST", "/listSecrets", told({"secretsType": "Sas", "sasToken": "?sv=1&sig=x"}))
        wire.on("GET", "comp=list", self._listed)

    def write(self, name: str, data: bytes = b"weights") -> None:
        """Have the run make a file."""
        self.files[name] = data
        self.blobs.made.jobs.wire.files[f"{STORE}/{quote(f'ExperimentRun/dcid.{self.blobs.run}/{name}')}"] = data

    def _listed(self, _ask: Ask) -> Reply:
        items = "".join(
            f"<Blob><Name>{escape(f'ExperimentRun/dcid.{self.blobs.run}/{name}')}</Name><Properties><Content-Length>"
            f"{len(data)}</Content-Length><Content-MD5>{md5_of(data)}</Content-MD5></Properties></Blob>"
            for name, data in self.files.items()
        )
        return told(f"<?xml version='1.0'?><EnumerationResults><Blobs>{items}</Blobs></EnumerationResults>")


@pytest.fixture
async def results(tmp_path: Path) -> AsyncIterator[Made]:
    """A run that goes on and makes files."""
    async with running(tmp_path / "run") as (_made, blobs):
        yield Made(blobs)


async def test_all_that_was_made_is_fetched_and_checked(results: Made, tmp_path: Path) -> None:
    for name in ("outputs/model.pt", "outputs/deep/er/a b.bin", "user_logs/std_log.txt"):
        results.write(name, name.encode())
    backend = results.blobs.made.backend
    assert [each.path for each in await backend.fetching.artifacts(results.blobs.handle)] == sorted(results.files)
    found = await backend.fetching.fetch(results.blobs.handle, [], tmp_path / "got", quiet)
    assert sorted(each.relative_to(tmp_path / "got").as_posix() for each in found) == sorted(results.files)
    assert all(each.read_bytes() == each.relative_to(tmp_path / "got").as_posix().encode() for each in found)
    before = len(results.blobs.made.jobs.wire.fetched)
    await backend.fetching.fetch(results.blobs.handle, [], tmp_path / "got", quiet)
    assert len(results.blobs.made.jobs.wire.fetched) == before  # all is there


async def test_one_file_or_folder_can_be_fetched(results: Made, tmp_path: Path) -> None:
    for name in ("outputs/model/a", "outputs/model/b", "outputs/model2", "logs/x"):
        results.write(name)
    fetch = results.blobs.made.backend.fetching.fetch
    found = await fetch(results.blobs.handle, ["outputs/model/", "logs/x"], tmp_path / "got", quiet)
    assert [each.name for each in found] == ["a", "b", "x"]
    with pytest.raises(UserError, match="has made no “outputs/modle”"):
        await fetch(results.blobs.handle, ["outputs/modle"], tmp_path / "got", quiet)


BAD = ["../../x", "/etc/passwd", "C:/x", "nul", "a/../../b", "outputs/con.txt", "a\\..\\b", "x.", "outputs//y"]


async def test_names_that_lead_out_are_left_and_said_and_the_rest_is_fetched(results: Made, tmp_path: Path) -> None:
    for name in (*BAD, "outputs/good.pt"):
        results.write(name)
    backend = results.blobs.made.backend
    found = await backend.fetching.fetch(results.blobs.handle, [], tmp_path / "a" / "got", quiet)
    assert [each.name for each in found] == ["good.pt"]
    assert sorted(each.partition(": ")[0] for each in found.left_out) == sorted(BAD)
    assert [each for each in (tmp_path / "a").rglob("*") if each.is_file()] == [tmp_path / "a/got/outputs/good.pt"]


async def test_names_that_differ_in_capitals_alone_do_not_overwrite_each_other(results: Made, tmp_path: Path) -> None:
    results.write("outputs/A.txt", b"first")
    results.write("outputs/a.txt", b"other")
    results.write("outputs/model", b"a file")
    results.write("outputs/model/inner", b"x")
    found = await results.blobs.made.backend.fetching.fetch(results.blobs.handle, [], tmp_path / "got", quiet)
    assert [each.name for each in found] == ["A.txt", "inner"]
    assert len(found.left_out) == 2


async def test_nothing_made_is_said_and_is_no_success(results: Made, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has made no file up to now"):
        await results.blobs.made.backend.fetching.fetch(results.blobs.handle, [], tmp_path / "got", quiet)
    assert not (tmp_path / "got").exists()


async def test_a_file_that_fails_keeps_none_from_coming_and_is_named(results: Made, tmp_path: Path) -> None:
    results.write("outputs/a")
    results.write("outputs/b")
    results.blobs.made.jobs.wire.files.pop(f"{STORE}/ExperimentRun/dcid.{results.blobs.run}/outputs/a")
    with pytest.raises(OutsideError, match="1 of 2 files could not be fetched") as caught:
        await results.blobs.made.backend.fetching.fetch(results.blobs.handle, [], tmp_path / "got", quiet)
    assert "outputs/a" in caught.value.details
    assert (tmp_path / "got" / "outputs" / "b").exists()


async def test_the_store_that_says_no_is_not_taken_for_an_empty_one(results: Made, tmp_path: Path) -> None:
    results.blobs.made.jobs.wire.on("GET", "comp=list", fault("forbidden", 403))
    with pytest.raises(CloudFault):
        await results.blobs.made.backend.fetching.fetch(results.blobs.handle, [], tmp_path / "got", quiet)
    results.blobs.made.jobs.wire.on("GET", "/datastores/", not_found())
