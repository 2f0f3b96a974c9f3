"""Runs a program of the documentation, which names the services, at the sandbox: `here.py PROGRAM`."""

import functools
import os
import runpy
import sys

import dropoff

storage = [os.environ[name] for name in ("STORAGE_URL", "AWS_ENDPOINT_URL_S3", "STAND_IN_URL")]
for name in ("HCompany", "AgentDrop", "AsyncHCompany", "AsyncAgentDrop"):
    where = {"base_url": os.environ["API_URL"], "trusted_storage": storage}
    setattr(dropoff, name, functools.partial(getattr(dropoff, name), **where))
for name in ("Storage", "AsyncStorage"):
    setattr(dropoff, name, functools.partial(getattr(dropoff, name), trusted_storage=storage))
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
