"""Prepare what the tracking server needs, once, before anything that uses it starts.

The database's tables, or their upgrade; the bucket; the administrator, the team's users and what
they may do. What is there already is left as it is: it can be run again, and is at every start.
"""

import boto3
import credentials
import settings
from botocore.exceptions import ClientError
from mlflow import db


def prepare_database() -> None:
    """Make MLflow's tables, or bring them to this version's schema."""
    db.upgrade.main([settings.database()], standalone_mode=False)


def prepare_bucket() -> None:
    """Make the bucket, unless it is there."""
    client = boto3.client("s3", endpoint_url=settings.store())
    try:
        client.head_bucket(Bucket=settings.bucket())
    except ClientError:
        region = client.meta.region_name
        # S3 refuses its default region by name, and takes every other one by name alone.
        named = {"CreateBucketConfiguration": {"LocationConstraint": region}}
        where = {} if region == settings.REGION else named
        client.create_bucket(Bucket=settings.bucket(), **where)


if __name__ == "__main__":
    credentials.check()
    settings.use_credentials()
    settings.harden()
    prepare_database()
    prepare_bucket()
    import bootstrap  # reads the settings as it is imported

    bootstrap.bootstrap()
    print("The database, the bucket and the team's permissions are ready.")
