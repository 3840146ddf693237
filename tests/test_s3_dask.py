"""Workers of a Dask cluster that share no folder with the run: sources, staged batches and archive all lie at S3."""

from dataclasses import replace
from pathlib import Path

import pytest

from config.limits import Limits
from flows.archiving import ClusterError, made_with
from flows.cluster_worker import Terms, clean_here, end_pool
from outputs.archive import open_run
from outputs.layout import Layout, Table
from outputs.parquet import read_columns
from outputs.s3 import S3Path
from outputs.verify import verify
from tasks.read import find_pages
from tests import flow_nasty

distributed = pytest.importorskip("distributed")

TEXTS = [f"Page {number} is a good page of some words, as long as this." for number in range(10)]


def of_articles(root: Path, column: str) -> list:
    tables = read_columns(Layout(root).parts(Table.ARTICLES), [column])
    return [value for table in tables for value in table[column].to_pylist()]


@pytest.mark.long
def test_batches_come_through_the_store(bucket: str, tmp_path: Path, monkeypatch) -> None:
    source, root = S3Path(f"s3://{bucket}/pages"), S3Path(f"s3://{bucket}/archive")
    for number, text in enumerate([*TEXTS, TEXTS[3], "kill"]):
        (source / f"{number:02d}.txt").write_text(text)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "of-workers"))
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
            local_directory=tmp_path / "dask",
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "of-the-run"))
        refs = list(find_pages([str(source)]))
        with open_run(root, [str(source)], extra_versions=made_with(None)) as run:
            known = run.share()
            terms = Terms(run.stamp.run_id, (known,), None, run.versions, flow_nasty.batch, known)
            jobs = [run.job(number, refs[number * 4 :][:4], Limits(page_seconds=5)) for number in range(3)]
            futures = [client.submit(clean_here, job, terms, pure=False) for job in [*jobs, jobs[0]]]
            outcomes = [future.result(120) for future in futures[:3]]
            futures[3].result(120)  # done twice: what nobody commits is removed with the rest
            for staged in [staged for outcome in outcomes for staged in outcome]:
                assert all(isinstance(file.path, S3Path) for part in staged.parts for file in part.files)
                run.commit(staged)
            counts = run.finish(len(refs)).counts
            elsewhere = replace(terms, run_id="other", places=(S3Path(f"s3://{bucket}/none"),))
            with pytest.raises(ClusterError, match="does not see"):
                client.submit(clean_here, jobs[0], elsewhere).result(60)
        with pytest.raises(ClusterError, match="the run is over"):
            client.submit(clean_here, jobs[0], terms, pure=False).result(60)
        client.run(end_pool, run.stamp.run_id)
        assert not list((tmp_path / "dask").rglob("stet-*"))
    assert (counts.archived, counts.duplicate, counts.rejected_total) == (10, 1, 1)
    assert sorted(of_articles(root, "text")) == sorted(TEXTS)
    assert len(list(filter(None, of_articles(root, "duplicate_of")))) == 9  # alike, but for the number
    assert verify(root).is_sound
    assert not (root / "_staging").exists()
    assert not (tmp_path / "of-workers").exists()
