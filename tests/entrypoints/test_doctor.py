"""The doctor names what is broken, how to mend it, and still looks at the rest."""

import shutil

import pytest

from entrypoints import checks, doctor
from entrypoints.doctor import Check
from fmnist.data import fashion_mnist
from fmnist.tracking.runs import OWNER


def lines_of(completed):
    """The level and text of each check, by name."""
    *lines, _total = completed.stdout.splitlines()
    return {line.split()[1]: (line.split()[0], line[17:]) for line in lines}


def test_a_healthy_place_has_no_failure_and_keeps_no_trace(study, study_copy, monkeypatch):
    completed = study_copy.run("doctor")
    assert completed.returncode == 0, completed.stdout + completed.stderr
    found = lines_of(completed)
    assert found.keys() == {check.name for check in doctor.CHECKS}
    assert found["packages"][1].endswith("as pinned in requirements.txt")
    assert "matmul_precision=tf32" in found["settings"][1]
    assert found["store"][1].endswith("can be read and written")
    assert found["registry"] == ("ok", "2 models: fmnist-cnn, fmnist-mlp")
    assert found["stale"] == ("ok", "0 runs without a process")
    store = study_copy.use(monkeypatch)
    assert len(store.runs("")) == len(study.use(monkeypatch).runs(""))
    tags = [tag for name in store.experiments() for tag in store.client.get_experiment(name).tags]
    assert not any("doctor" in tag for tag in tags)


def test_what_is_broken_is_named_with_its_fix_and_the_rest_is_checked(place):
    folder = place.folder / "data"
    folder.mkdir()
    (folder / "train-images-idx3-ubyte.gz").write_bytes(b"no gzip")
    completed = place.run(
        "doctor",
        MLFLOW_TRACKING_URI="http://me:hidden@127.0.0.1:9",
        FMNIST_DATA_DIR=str(folder),
        KERAS_BACKEND="nothing",
    )
    assert completed.returncode == 1
    assert "Traceback" not in completed.stderr
    assert "hidden" not in completed.stdout + completed.stderr
    found = lines_of(completed)
    for name, said in {
        "server": "http://me:***@127.0.0.1:9: cannot be used (ConnectionError)",
        "data": "train-images-idx3-ubyte.gz: not a gzip file",
        "backend": "nothing",
    }.items():
        level, text = found[name]
        assert level == "fail"
        assert said in text
        assert "; fix: " in text
    assert found["store"] == ("warn", "not checked: needs host")
    assert found["packages"][0] == found["disk"][0] == "ok"


def test_a_place_without_a_store_is_given_none(place):
    completed = place.run("doctor")
    assert completed.returncode == 0, completed.stdout + completed.stderr
    assert lines_of(completed)["store"][1].startswith(
        f"sqlite:///{place.folder}/mlflow.db does not"
    )
    assert list(place.folder.iterdir()) == []


def test_data_that_are_nowhere_are_not_fetched(tmp_path, monkeypatch):
    monkeypatch.delenv("FMNIST_DATA_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(fashion_mnist, "DEBIAN_FOLDER", tmp_path / "nowhere")
    assert checks.data() == ("fail", "Fashion-MNIST is not on this machine")
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_pin_is_named_and_markers_are_honored(tmp_path):
    pins = tmp_path / "requirements.txt"
    pins.write_text(
        "# made by hand\nnumpy==0.1 \\\n    --hash=sha256:0\n    # via us\nno-such-package==1.0\n"
        "no-such-thing==1.0 ; sys_platform == 'nowhere'\n"
    )
    level, text = checks.packages(pins)
    assert level == "fail"
    assert text.startswith("2 not as pinned: numpy ")
    assert text.endswith("(pinned ==0.1), no-such-package is missing (pinned ==1.0)")


def test_a_run_whose_process_is_gone_is_found_and_left(study_copy, monkeypatch):
    store = study_copy.use(monkeypatch)
    run_id = store.create_run("0", "of a process that was killed", {})
    assert checks.stale() == ("ok", "0 runs without a process")
    host, boot, pid = store.with_id(run_id)[0].tags[OWNER].split()[:3]
    store.log(run_id, tags={OWNER: f"{host} {boot} {pid} 0.00"})
    assert checks.stale() == ("warn", "1 runs without a process")
    assert store.client.get_run(run_id).info.status == "RUNNING"


def test_a_check_that_crashes_fails_without_its_secrets(monkeypatch, capsys):
    def crash():
        raise RuntimeError("login of me:hidden\nrefused")

    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "hidden")
    asked = (Check("first", crash, "mend it"), Check("second", crash, "", needs="first"))
    assert doctor.examine(asked) == {"first": "fail", "second": "warn"}
    assert capsys.readouterr().out.splitlines() == [
        "fail  first      RuntimeError: login of me:*** refused; fix: mend it",
        "warn  second     not checked: needs first",
        "doctor: 2 checks, 1 failed, 1 with a warning",
    ]


@pytest.mark.parametrize(("free", "level"), [(8, "ok"), (2, "warn"), (0.5, "fail")])
def test_disk_space(tmp_path, monkeypatch, free, level):
    usage = shutil.disk_usage(tmp_path)._replace(free=int(free * 1024**3))
    monkeypatch.setenv("FMNIST_BUNDLE_DIR", str(tmp_path / "bundles"))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert checks.disk() == (level, f"{free:.1f} GiB free for {tmp_path}/bundles")
