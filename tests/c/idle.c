/* Loads the library by hand and makes every client: that takes no thread and no file descriptor. */
#include "check.h"

#include <dirent.h>
#include <dlfcn.h>
#include <unistd.h>

/* C has no cast from an object's pointer to a function's. */
#define FIND(name) find(library, #name, &name##_found, sizeof name##_found)

static void find(void *library, const char *name, void *into, size_t size) {
    void *symbol = dlsym(library, name);
    CHECK(symbol != NULL);
    memcpy(into, &symbol, size);
}

/* How many entries a folder has, the one aside that reading it takes in /proc/self/fd. */
static int entries(const char *path) {
    int count = 0;
    DIR *folder = opendir(path);
    CHECK(folder != NULL);
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

int main(int argc, char **argv) {
    dropoff_status (*dropoff_hcompany_new_found)(const dropoff_hcompany_settings *, dropoff_hcompany **,
                                                 dropoff_error **);
    dropoff_status (*dropoff_agentdrop_new_found)(const dropoff_agentdrop_settings *, dropoff_agentdrop **,
                                                  dropoff_error **);
    dropoff_status (*dropoff_storage_new_found)(const dropoff_options *, dropoff_storage **, dropoff_error **);
    dropoff_status (*dropoff_agentdrop_start_get_transfer_found)(const dropoff_agentdrop *, const char *,
                                                                 dropoff_job **, dropoff_error **);
    const char *nowhere = "http://127.0.0.1:1";
    dropoff_options options = DROPOFF_OPTIONS_INIT;
    dropoff_hcompany_settings of_h = DROPOFF_HCOMPANY_SETTINGS_INIT;
    dropoff_agentdrop_settings of_d = DROPOFF_AGENTDROP_SETTINGS_INIT;
    dropoff_hcompany *h = NULL;
    dropoff_agentdrop *d = NULL;
    dropoff_storage *s = NULL;
    dropoff_job *job = NULL;
    void *library;
    int threads = entries("/proc/self/task"), descriptors = entries("/proc/self/fd");
    CHECK(argc == 2);
    CHECK(dlopen(argv[1], RTLD_NOW | RTLD_NOLOAD) == NULL);
    library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    CHECK(library != NULL);
    FIND(dropoff_hcompany_new);
    FIND(dropoff_agentdrop_new);
    FIND(dropoff_storage_new);
    FIND(dropoff_agentdrop_start_get_transfer);
    options.concurrency = 8;
    options.trusted_storage = &nowhere;
    options.trusted_storage_count = 1;
    of_h.api_key = of_d.api_key = "k";
    of_h.base_url = of_d.base_url = nowhere;
    of_h.options = of_d.options = &options;
    CHECK(dropoff_hcompany_new_found(&of_h, &h, NULL) == DROPOFF_OK);
    CHECK(dropoff_agentdrop_new_found(&of_d, &d, NULL) == DROPOFF_OK);
    CHECK(dropoff_storage_new_found(&options, &s, NULL) == DROPOFF_OK);
    CHECK(entries("/proc/self/task") == threads);
    CHECK(entries("/proc/self/fd") == descriptors);
    /* Both are seen where there are some. */
    CHECK(dropoff_agentdrop_start_get_transfer_found(d, "tr_1", &job, NULL) == DROPOFF_OK);
    CHECK(entries("/proc/self/task") > threads);
    CHECK(entries("/proc/self/fd") > descriptors);
    return 0;
}
