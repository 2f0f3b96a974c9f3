/* A panic behind the boundary is an error like any other. The function exists in debug builds only. */
#include "check.h"

dropoff_status dropoff_debug_panic(dropoff_error **error);

int main(void) {
    dropoff_error *error = NULL;
    dropoff_options *options = NULL;
    MUST_FAIL(DROPOFF_INTERNAL, "a defect in dropoff: asked for; please report it", dropoff_debug_panic(&error));
    CHECK(dropoff_debug_panic(NULL) == DROPOFF_INTERNAL);
    MUST(dropoff_options_new(&options, &error));
    dropoff_options_free(options);
    CHECK(dropoff_live_handles() == 0);
    return 0;
}
