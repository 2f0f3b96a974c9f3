/* Loads the library by hand, starts a call, and closes it: the call's threads must not lose their code. */
#include "check.h"

#include <dlfcn.h>

/* C has no cast from an object's pointer to a function's. */
#define FIND(name) find(library, #name, &name##_found, sizeof name##_found)

static void find(void *library, const char *name, void *into, size_t size) {
    void *symbol = dlsym(library, name);
    CHECK(symbol != NULL);
    memcpy(into, &symbol, size);
}

int main(int argc, char **argv) {
    dropoff_status (*dropoff_agentdrop_new_found)(const dropoff_agentdrop_settings *, dropoff_agentdrop **,
                                                  dropoff_error **);
    dropoff_status (*dropoff_agentdrop_start_get_transfer_found)(const dropoff_agentdrop *, const char *,
                                                                 dropoff_job **, dropoff_error **);
    const char *(*dropoff_version_found)(void);
    dropoff_agentdrop_settings settings = DROPOFF_AGENTDROP_SETTINGS_INIT;
    dropoff_agentdrop *client = NULL;
    dropoff_job *job = NULL;
    void *library;
    CHECK(argc == 2);
    library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        fprintf(stderr, "%s\n", dlerror());
    CHECK(library != NULL);
    FIND(dropoff_version);
    FIND(dropoff_agentdrop_new);
    FIND(dropoff_agentdrop_start_get_transfer);
    CHECK(strcmp(dropoff_version_found(), DROPOFF_VERSION) == 0);
    settings.api_key = "k";
    settings.base_url = "http://127.0.0.1:1";
    CHECK(dropoff_agentdrop_new_found(&settings, &client, NULL) == DROPOFF_OK);
    CHECK(dropoff_agentdrop_start_get_transfer_found(client, "tr_1", &job, NULL) == DROPOFF_OK);
    dlclose(library);
    sleep_ms(200);
    CHECK(strcmp(dropoff_version_found(), DROPOFF_VERSION) == 0);
    return 0;
}
