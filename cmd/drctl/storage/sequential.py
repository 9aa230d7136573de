"""Verify a day's backup as the procedures describe it: one object after the other, each read whole into memory.

Written for comparison. usage: sequential.py ENDPOINT BUCKET DAY, with DAY like 2026/01/15
"""
import hashlib
import json
import sys

import boto3


def main(endpoint, bucket, day):
    s3 = boto3.client("s3", endpoint_url=endpoint)
    listed = json.loads(s3.get_object(Bucket=bucket, Key=f"{day}/checksums.json")["Body"].read())
    for path, expected in listed.items():
        body = s3.get_object(Bucket=bucket, Key=f"{day}/{path}")["Body"].read()
        if hashlib.md5(body).hexdigest() != expected:
            print(f"mismatch: {path}")
            return 1
    print(f"{len(listed)} objects verified")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
