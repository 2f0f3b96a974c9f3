"""Uploads a browser's user-data folder: `upload_profile.py FOLDER`. The key is in HAI_API_KEY."""

import os
import sys

from dropoff import DropoffError, HCompany, Pack, inspect_profile

where = {}
if "SANDBOX_API" in os.environ:  # only to try it against the sandbox; leave these lines out otherwise
    where = {"base_url": os.environ["SANDBOX_API"], "trusted_storage": [os.environ["SANDBOX_STORAGE"]]}

folder = sys.argv[1]
try:
    print(inspect_profile(folder).advice, file=sys.stderr)  # whether it will sign in elsewhere
    profile = HCompany(**where).upload_profile(
        folder,
        name="acme-prod-login",
        labels={"team": "qa"},
        pack=Pack(level="minimal"),  # what signs in, and nobody's history; the folder tells its browser
    )
except DropoffError as error:
    sys.exit(str(error))
print(f"{profile.id} verified: {str(profile.verified).lower()}")
