/* Uploads a browser profile: a user-data folder, which is packed, or a zip of one.
 *
 *     cc upload_profile.c $(pkg-config --cflags --libs dropoff) && ./a.out ~/.config/google-chrome
 */
#include <dropoff.h>
#include <stdio.h>

int main(int argc, char **argv) {
    dropoff_error *error = NULL;
    dropoff_hcompany *h = NULL;
    dropoff_source *source = NULL;
    dropoff_profile_upload *upload = NULL;
    dropoff_profile *profile = NULL;
    int failed = dropoff_hcompany_new(NULL, NULL, NULL, NULL, &h, &error) // HAI_API_KEY
                 || dropoff_source_from_path(argc > 1 ? argv[1] : "profile.zip", &source, &error)
                 || dropoff_profile_upload_new(source, "acme-prod-login", &upload, &error)
                 || dropoff_profile_upload_set_browser(upload, "chromium", "131", &error)
                 || dropoff_hcompany_upload_profile(h, upload, &profile, &error);
    if (failed)
        fprintf(stderr, "%s\n", dropoff_error_message(error));
    else
        printf("%s verified: %s\n", dropoff_profile_id(profile),
               dropoff_profile_verified(profile) ? "true" : "false");
    dropoff_profile_free(profile);
    dropoff_profile_upload_free(upload);
    dropoff_source_free(source);
    dropoff_hcompany_free(h);
    dropoff_error_free(error);
    return failed;
}
