"""What is prepared before the tracking server starts."""


def test_a_bucket_that_is_missing_is_made_in_its_region(service):
    named = {"SERVICE_BUCKET": "another", "SERVICE_REGION": "eu-central-1"}
    done = service.run("migrate.py", **named)
    assert done.returncode == 0, done.stderr
    assert (service.folder / "store" / "objects" / "another").is_dir()
