"""Uploads a browser's user-data folder: `upload_profile.py FOLDER`. The key is in HAI_API_KEY."""

import os
import sys

from dropoff import DropoffError, HCompany

where = {}
if "SANDBOX_API" in os.environ:  # only to try it against the sandbox; leave these lines out otherwise
    where = {"base_url": os.environ["SANDBOX_API"], "trusted_storage": [os.environ["SANDBOX_STORAGE"]]}

try:
    profile = HCompany(**where).upload_profile(
        sys.argv[1],
        name="acme-prod-login",
        browser_name="chromium",
        browser_version="131",
        labels={"team": "qa"},
    )
except DropoffError as error:
    sys.exit(str(error))
print(f"{profile.id} verified: {str(profile.verified).lower()}")
