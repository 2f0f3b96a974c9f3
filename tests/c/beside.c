/* Shares a program with another Rust library, or with those that ours is made of: a profile is uploaded. */
#include "check.h"

int beside_panics(void);

int main(int argc, char **argv) {
    dropoff_options options = DROPOFF_OPTIONS_INIT;
    dropoff_hcompany_settings settings = DROPOFF_HCOMPANY_SETTINGS_INIT;
    dropoff_profile_upload upload = DROPOFF_PROFILE_UPLOAD_INIT;
    const char *storage = getenv("STORAGE_URL");
    dropoff_hcompany *h = NULL;
    dropoff_profile *profile = NULL;
    dropoff_error *error = NULL;
    int failed;
    CHECK(argc == 2);
    CHECK(beside_panics());
    options.trusted_storage = &storage;
    options.trusted_storage_count = 1;
    settings.api_key = getenv("H_KEY");
    settings.base_url = getenv("API_URL");
    settings.options = &options;
    upload.path = argv[1];
    upload.name = "p";
    upload.browser_name = "chromium";
    upload.browser_version = "131";
    failed = dropoff_hcompany_new(&settings, &h, &error)
             || dropoff_hcompany_upload_profile(h, &upload, &profile, &error);
    if (failed)
        fprintf(stderr, "%s\n", dropoff_error_message(error));
    else
        printf("verified: %d\n", profile->verified);
    CHECK(beside_panics());
    dropoff_profile_free(profile);
    dropoff_hcompany_free(h);
    dropoff_error_free(error);
    return failed;
}
