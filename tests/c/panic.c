/* A panic behind the boundary is an error like any other, and tells no secret. The two functions exist in debug builds
 * only. */
#include "check.h"

dropoff_status dropoff_debug_panic(dropoff_error **error);
dropoff_status dropoff_debug_panic_with(const dropoff_hcompany *client, const dropoff_put *put,
                                        dropoff_error **error);

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

int main(int argc, char **argv) {
    dropoff_options *options = NULL;
    MUST_FAIL(DROPOFF_INTERNAL, "a defect in dropoff: asked for; please report it", dropoff_debug_panic(&error));
    CHECK(dropoff_debug_panic(NULL) == DROPOFF_INTERNAL);
    MUST(dropoff_options_new(&options, &error));
    dropoff_options_free(options);
    if (argc == 3)
        a_panic_that_prints_handles(argv[1], argv[2]);
    CHECK(dropoff_live_handles() == 0);
    return 0;
}
