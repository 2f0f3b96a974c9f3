/* Uploads a browser profile: a user-data folder, which is packed, or a zip of one.
 *
 *     cc upload_profile.c $(pkg-config --cflags --libs dropoff) && ./a.out ~/.config/google-chrome
 */
#include <dropoff.h>
#include <stdio.h>

int main(int argc, char **argv) {
    dropoff_error *error = NULL;
    dropoff_hcompany *h = NULL;
    dropoff_profile *profile = NULL;
    dropoff_profile_upload upload = DROPOFF_PROFILE_UPLOAD_INIT;
    upload.path = argc > 1 ? argv[1] : "profile.zip";
    upload.name = "acme-prod-login";
    upload.browser_name = "chromium";
    upload.browser_version = "131";
    int failed = dropoff_hcompany_new(NULL, &h, &error) // HAI_API_KEY
                 || dropoff_hcompany_upload_profile(h, &upload, &profile, &error);
    if (failed)
        fprintf(stderr, "%s\n", dropoff_error_message(error));
    else
        printf("%s verified: %s\n", profile->id, profile->verified ? "true" : "false");
    dropoff_profile_free(profile);
    dropoff_hcompany_free(h);
    dropoff_error_free(error);
    return failed;
}
