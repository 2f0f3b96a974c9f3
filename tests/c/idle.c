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
    dropoff_status (*dropoff_options_new_found)(dropoff_options **, dropoff_error **);
    dropoff_status (*dropoff_options_set_number_found)(dropoff_options *, const char *, uint64_t,
                                                       dropoff_error **);
    dropoff_status (*dropoff_options_add_text_found)(dropoff_options *, const char *, const char *,
                                                     dropoff_error **);
    dropoff_status (*dropoff_hcompany_new_found)(const char *, const char *, const char *,
                                                 const dropoff_options *, dropoff_hcompany **,
                                                 dropoff_error **);
    dropoff_status (*dropoff_agentdrop_new_found)(const char *, const char *, const dropoff_options *,
                                                  dropoff_agentdrop **, dropoff_error **);
    dropoff_status (*dropoff_storage_new_found)(const dropoff_options *, dropoff_storage **, dropoff_error **);
    dropoff_status (*dropoff_agentdrop_start_get_transfer_found)(const dropoff_agentdrop *, const char *,
                                                                 dropoff_job **, dropoff_error **);
    const char *nowhere = "http://127.0.0.1:1";
    dropoff_options *options = NULL;
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
    FIND(dropoff_options_new);
    FIND(dropoff_options_set_number);
    FIND(dropoff_options_add_text);
    FIND(dropoff_hcompany_new);
    FIND(dropoff_agentdrop_new);
    FIND(dropoff_storage_new);
    FIND(dropoff_agentdrop_start_get_transfer);
    CHECK(dropoff_options_new_found(&options, NULL) == DROPOFF_OK);
    CHECK(dropoff_options_set_number_found(options, "concurrency", 8, NULL) == DROPOFF_OK);
    CHECK(dropoff_options_add_text_found(options, "trusted_storage", nowhere, NULL) == DROPOFF_OK);
    CHECK(dropoff_hcompany_new_found("k", NULL, nowhere, options, &h, NULL) == DROPOFF_OK);
    CHECK(dropoff_agentdrop_new_found("k", nowhere, options, &d, NULL) == DROPOFF_OK);
    CHECK(dropoff_storage_new_found(options, &s, NULL) == DROPOFF_OK);
    CHECK(entries("/proc/self/task") == threads);
    CHECK(entries("/proc/self/fd") == descriptors);
    /* Both are seen where there are some. */
    CHECK(dropoff_agentdrop_start_get_transfer_found(d, "tr_1", &job, NULL) == DROPOFF_OK);
    CHECK(entries("/proc/self/task") > threads);
    CHECK(entries("/proc/self/fd") > descriptors);
    return 0;
}
