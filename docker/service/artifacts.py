"""The object store's content, as a tar file.

python artifacts.py backup > artifacts.tar
python artifacts.py restore < artifacts.tar
"""

import shutil
import sys
import tarfile
import tempfile
from typing import BinaryIO

import boto3
import settings


def backup(output: BinaryIO) -> None:
    """Write every object, one at a time."""
    client = boto3.client("s3", endpoint_url=settings.store())
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=settings.bucket())
    with tarfile.open(fileobj=output, mode="w|") as archive:
        for item in (item for page in pages for item in page.get("Contents", [])):
            found = client.get_object(Bucket=settings.bucket(), Key=item["Key"])
            member = tarfile.TarInfo(item["Key"])
            member.size, member.mtime = found["ContentLength"], item["LastModified"].timestamp()
            archive.addfile(member, found["Body"])


def restore(given: BinaryIO) -> None:
    """Put every object back; others stay."""
    client = boto3.client("s3", endpoint_url=settings.store())
    with tarfile.open(fileobj=given, mode="r|") as archive:
        for member in archive:
            with tempfile.TemporaryFile() as scratch:  # a stream cannot be read twice, as S3 wants
                shutil.copyfileobj(archive.extractfile(member), scratch)
                scratch.seek(0)
                client.put_object(Bucket=settings.bucket(), Key=member.name, Body=scratch)


if __name__ == "__main__":
    settings.use_credentials()
    if sys.argv[1] == "backup":
        backup(sys.stdout.buffer)
    else:
        restore(sys.stdin.buffer)
