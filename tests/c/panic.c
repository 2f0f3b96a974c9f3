/* A panic behind the boundary is an error like any other, and tells no secret. The three functions exist in
 * debug builds only. */
#include "check.h"

dropoff_status dropoff_debug_panic(dropoff_error **error);
dropoff_status dropoff_debug_panic_with(const dropoff_hcompany *client, const dropoff_put_request *put,
                                        dropoff_error **error);
dropoff_status dropoff_debug_panic_with_keys(const dropoff_key_pair *key_pair, const dropoff_encryption *encryption,
                                             const dropoff_sealed_file *sealed, dropoff_error **error);

static dropoff_error *error = NULL;

/* What is printed here is searched for these two. */
static void a_panic_that_prints_handles(const char *key, const char *url) {
    dropoff_hcompany_settings settings = DROPOFF_HCOMPANY_SETTINGS_INIT;
    dropoff_put_request put = DROPOFF_PUT_REQUEST_INIT;
    dropoff_pair header;
    dropoff_hcompany *client = NULL;
    settings.api_key = key;
    header.name = "x-amz-security-token";
    header.value = key;
    put.url = url;
    put.source = copied("a", 1);
    put.headers = &header;
    put.headers_count = 1;
    MUST(dropoff_hcompany_new(&settings, &client, &error));
    CHECK(dropoff_debug_panic_with(client, &put, &error) == DROPOFF_INTERNAL);
    printf("%s\n", dropoff_error_to_json(error));
    dropoff_error_free(error);
    error = NULL;
    dropoff_source_free(put.source);
    dropoff_hcompany_free(client);
}

/* The same for these two. */
static void a_panic_that_prints_keys(const char *private_key, const char *encrypted_key) {
    dropoff_key_pair *pair = NULL;
    dropoff_encryption encryptions[2] = {DROPOFF_ENCRYPTION_INIT, DROPOFF_ENCRYPTION_INIT};
    dropoff_sealed_file sealed = DROPOFF_SEALED_FILE_INIT;
    int at;
    MUST(dropoff_key_pair_from_private_key(private_key, &pair, &error));
    CHECK(strcmp(dropoff_key_pair_reveal_private_key(pair), private_key) == 0);
    encryptions[0].key_pair = pair;
    encryptions[1].encrypted_key = encrypted_key;
    sealed.path = "/nowhere";
    sealed.encrypted_key = encrypted_key;
    for (at = 0; at < 2; at++) {
        CHECK(dropoff_debug_panic_with_keys(pair, &encryptions[at], &sealed, &error) == DROPOFF_INTERNAL);
        printf("%s\n", dropoff_error_to_json(error));
        dropoff_error_free(error);
        error = NULL;
    }
    dropoff_key_pair_free(pair);
}

int main(int argc, char **argv) {
    dropoff_storage *client = NULL;
    MUST_FAIL(DROPOFF_INTERNAL, "a defect in dropoff: asked for; please report it", dropoff_debug_panic(&error));
    CHECK(dropoff_debug_panic(NULL) == DROPOFF_INTERNAL);
    MUST(dropoff_storage_new(NULL, &client, &error));
    dropoff_storage_free(client);
    if (argc == 3)
        a_panic_that_prints_handles(argv[1], argv[2]);
    if (argc == 4 && strcmp(argv[1], "keys") == 0)
        a_panic_that_prints_keys(argv[2], argv[3]);
    CHECK(dropoff_live_handles() == 0);
    return 0;
}
