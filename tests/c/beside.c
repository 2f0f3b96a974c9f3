/* Shares a program with another Rust library, or with those that ours is made of: a profile is uploaded. */
#include "check.h"

int beside_panics(void);

int main(int argc, char **argv) {
    dropoff_options *options = NULL;
    dropoff_hcompany *h = NULL;
    dropoff_source *source = NULL;
    dropoff_profile_upload *upload = NULL;
    dropoff_profile *profile = NULL;
    dropoff_error *error = NULL;
    int failed;
    CHECK(argc == 2);
    CHECK(beside_panics());
    CHECK(dropoff_options_new(&options, NULL) == DROPOFF_OK);
    CHECK(dropoff_options_add_text(options, "trusted_storage", getenv("STORAGE_URL"), NULL) == DROPOFF_OK);
    failed = dropoff_hcompany_new(getenv("H_KEY"), NULL, getenv("API_URL"), options, &h, &error)
             || dropoff_source_from_path(argv[1], &source, &error)
             || dropoff_profile_upload_new(source, "p", &upload, &error)
             || dropoff_profile_upload_set_browser(upload, "chromium", "131", &error)
             || dropoff_hcompany_upload_profile(h, upload, &profile, &error);
    if (failed)
        fprintf(stderr, "%s\n", dropoff_error_message(error));
    else
        printf("verified: %d\n", dropoff_profile_verified(profile));
    CHECK(beside_panics());
    dropoff_profile_free(profile);
    dropoff_profile_upload_free(upload);
    dropoff_source_free(source);
    dropoff_hcompany_free(h);
    dropoff_options_free(options);
    dropoff_error_free(error);
    return failed;
}
