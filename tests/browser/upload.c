/* Uploads a browser's folder to the sandbox of the environment, or looks at it:
 *
 *     upload upload FOLDER [level=... | profile=... | if_running=... | if_changed_from=...]...
 *     upload inspect FOLDER
 *
 * Prints {"result": ...} or {"error": ...}.
 */
#include <dropoff.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static dropoff_error *error = NULL;

/* A call of the preparation, which must succeed. */
static void must(dropoff_status status) {
    if (status != DROPOFF_OK) {
        fprintf(stderr, "%s\n", dropoff_error_to_json(error));
        exit(1);
    }
}

static const char *given(const char *name) {
    const char *value = getenv(name);
    if (value == NULL) {
        fprintf(stderr, "the environment lacks %s\n", name);
        exit(2);
    }
    return value;
}

/* One name=value of the command line. */
static void set(dropoff_pack *pack, dropoff_profile_upload *upload, char *argument) {
    char *value = strchr(argument, '=');
    if (value == NULL) {
        fprintf(stderr, "not name=value: %s\n", argument);
        exit(2);
    }
    *value++ = '\0';
    if (strcmp(argument, "level") == 0)
        must(dropoff_pack_set_level(pack, value, &error));
    else if (strcmp(argument, "profile") == 0)
        must(dropoff_pack_set_profile(pack, value, &error));
    else if (strcmp(argument, "if_running") == 0)
        must(dropoff_pack_set_if_running(pack, value, &error));
    else if (strcmp(argument, "if_changed_from") == 0)
        must(dropoff_profile_upload_set_if_changed_from(upload, value, &error));
    else {
        fprintf(stderr, "no such setting: %s\n", argument);
        exit(2);
    }
}

static void inspect(const char *folder) {
    dropoff_inspection *inspection = NULL;
    if (dropoff_inspect_profile(folder, NULL, &inspection, &error) == DROPOFF_OK)
        printf("{\"result\": %s}\n", dropoff_inspection_to_json(inspection));
    else
        printf("{\"error\": %s}\n", dropoff_error_to_json(error));
    dropoff_inspection_free(inspection);
}

static void upload(const char *folder, char **settings, int count) {
    dropoff_options *options = NULL;
    dropoff_hcompany *h = NULL;
    dropoff_source *source = NULL;
    dropoff_pack *pack = NULL;
    dropoff_profile_upload *request = NULL;
    dropoff_profile *profile = NULL;
    int i;
    must(dropoff_options_new(&options, &error));
    must(dropoff_options_add_text(options, "trusted_storage", given("STORAGE_URL"), &error));
    must(dropoff_hcompany_new(given("H_KEY"), NULL, given("API_URL"), options, &h, &error));
    must(dropoff_source_from_path(folder, &source, &error));
    must(dropoff_profile_upload_new(source, "browser", &request, &error));
    must(dropoff_pack_new(&pack, &error));
    for (i = 0; i < count; i++)
        set(pack, request, settings[i]);
    must(dropoff_profile_upload_set_pack(request, pack, &error));
    if (dropoff_hcompany_upload_profile(h, request, &profile, &error) == DROPOFF_OK)
        printf("{\"result\": %s}\n", dropoff_profile_to_json(profile));
    else
        printf("{\"error\": %s}\n", dropoff_error_to_json(error));
    dropoff_profile_free(profile);
    dropoff_profile_upload_free(request);
    dropoff_pack_free(pack);
    dropoff_source_free(source);
    dropoff_hcompany_free(h);
    dropoff_options_free(options);
}

int main(int argc, char **argv) {
    if (argc >= 3 && strcmp(argv[1], "upload") == 0)
        upload(argv[2], argv + 3, argc - 3);
    else if (argc == 3 && strcmp(argv[1], "inspect") == 0)
        inspect(argv[2]);
    else
        return 2;
    dropoff_error_free(error);
    return 0;
}
