/* A panic behind the boundary is an error like any other, and tells no secret. The three functions exist in debug
 * builds only. */
#include "check.h"

dropoff_status dropoff_debug_panic(dropoff_error **error);
dropoff_status dropoff_debug_panic_with(const dropoff_hcompany *client, const dropoff_put *put,
                                        dropoff_error **error);
dropoff_status dropoff_debug_panic_with_keys(const dropoff_key_pair *key_pair, const dropoff_encryption *encryption,
                                             const dropoff_sealed_file *sealed, dropoff_error **error);

static dropoff_error *error = NULL;

/* What is printed here is searched for these two. */
static void a_panic_that_prints_handles(const char *key, const char *url) {
    dropoff_hcompany *client = NULL;
    dropoff_source *source = copied("a", 1);
    dropoff_put *put = NULL;
    MUST(dropoff_hcompany_new(key, NULL, NULL, NULL, &client, &error));
    MUST(dropoff_put_new(url, source, &put, &error));
    MUST(dropoff_put_add_header(put, "x-amz-security-token", key, &error));
    CHECK(dropoff_debug_panic_with(client, put, &error) == DROPOFF_INTERNAL);
    printf("%s\n", dropoff_error_to_json(error));
    dropoff_error_free(error);
    error = NULL;
    dropoff_put_free(put);
    dropoff_source_free(source);
    dropoff_hcompany_free(client);
}

/* The same for these two. */
static void a_panic_that_prints_keys(const char *private_key, const char *encrypted_key) {
    dropoff_key_pair *pair = NULL;
    dropoff_encryption *encryptions[2] = {NULL, NULL};
    dropoff_sealed_file *sealed = NULL;
    int at;
    MUST(dropoff_key_pair_from_private_key(private_key, &pair, &error));
    CHECK(strcmp(dropoff_key_pair_reveal_private_key(pair), private_key) == 0);
    MUST(dropoff_encryption_new(pair, &encryptions[0], &error));
    MUST(dropoff_encryption_presealed(encrypted_key, &encryptions[1], &error));
    MUST(dropoff_sealed_file_new("/nowhere", &sealed, &error));
    MUST(dropoff_sealed_file_set_encrypted_key(sealed, encrypted_key, &error));
    for (at = 0; at < 2; at++) {
        CHECK(dropoff_debug_panic_with_keys(pair, encryptions[at], sealed, &error) == DROPOFF_INTERNAL);
        printf("%s\n", dropoff_error_to_json(error));
        dropoff_error_free(error);
        error = NULL;
        dropoff_encryption_free(encryptions[at]);
    }
    dropoff_sealed_file_free(sealed);
    dropoff_key_pair_free(pair);
}

int main(int argc, char **argv) {
    dropoff_options *options = NULL;
    MUST_FAIL(DROPOFF_INTERNAL, "a defect in dropoff: asked for; please report it", dropoff_debug_panic(&error));
    CHECK(dropoff_debug_panic(NULL) == DROPOFF_INTERNAL);
    MUST(dropoff_options_new(&options, &error));
    dropoff_options_free(options);
    if (argc == 3)
        a_panic_that_prints_handles(argv[1], argv[2]);
    if (argc == 4 && strcmp(argv[1], "keys") == 0)
        a_panic_that_prints_keys(argv[2], argv[3]);
    CHECK(dropoff_live_handles() == 0);
    return 0;
}
