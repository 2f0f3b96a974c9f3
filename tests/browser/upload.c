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

/* Which of an enum's names it is; they stand in the order of its numbers. */
static int one_of(const char *const *names, const char *value) {
    int at;
    for (at = 0; names[at] != NULL; at++)
        if (strcmp(names[at], value) == 0)
            return at;
    fprintf(stderr, "no such choice: %s\n", value);
    exit(2);
}

/* One name=value of the command line. */
static void set(dropoff_pack *pack, dropoff_profile_upload *upload, char *argument) {
    static const char *const levels[] = {"default", "minimal", "full", NULL};
    static const char *const if_running[] = {"error", "snapshot", "force", NULL};
    char *value = strchr(argument, '=');
    if (value == NULL) {
        fprintf(stderr, "not name=value: %s\n", argument);
        exit(2);
    }
    *value++ = '\0';
    if (strcmp(argument, "level") == 0)
        pack->level = one_of(levels, value);
    else if (strcmp(argument, "profile") == 0)
        pack->profile = value;
    else if (strcmp(argument, "if_running") == 0)
        pack->if_running = one_of(if_running, value);
    else if (strcmp(argument, "if_changed_from") == 0)
        upload->if_changed_from = value;
    else {
        fprintf(stderr, "no such setting: %s\n", argument);
        exit(2);
    }
}

static void inspect(const char *folder) {
    dropoff_profile_inspection *inspection = NULL;
    if (dropoff_inspect_profile(folder, NULL, &inspection, &error) == DROPOFF_OK)
        printf("{\"result\": %s}\n", inspection->json);
    else
        printf("{\"error\": %s}\n", dropoff_error_to_json(error));
    dropoff_profile_inspection_free(inspection);
}

static void upload(const char *folder, char **settings, int count) {
    const char *storage = given("STORAGE_URL");
    dropoff_options options = DROPOFF_OPTIONS_INIT;
    dropoff_hcompany_settings of_client = DROPOFF_HCOMPANY_SETTINGS_INIT;
    dropoff_pack pack = DROPOFF_PACK_INIT;
    dropoff_profile_upload request = DROPOFF_PROFILE_UPLOAD_INIT;
    dropoff_hcompany *h = NULL;
    dropoff_profile *profile = NULL;
    int i;
    options.trusted_storage = &storage;
    options.trusted_storage_count = 1;
    of_client.api_key = given("H_KEY");
    of_client.base_url = given("API_URL");
    of_client.options = &options;
    must(dropoff_hcompany_new(&of_client, &h, &error));
    request.path = folder;
    request.name = "browser";
    request.pack = &pack;
    for (i = 0; i < count; i++)
        set(&pack, &request, settings[i]);
    if (dropoff_hcompany_upload_profile(h, &request, &profile, &error) == DROPOFF_OK)
        printf("{\"result\": %s}\n", profile->json);
    else
        printf("{\"error\": %s}\n", dropoff_error_to_json(error));
    dropoff_profile_free(profile);
    dropoff_hcompany_free(h);
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
