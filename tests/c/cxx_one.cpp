// The header in C++, in two files of one program: nothing is defined in it.
#include <dropoff.h>
#include <dropoff.h>

const char *version_of_two();

int main() {
    dropoff_error *error = nullptr;
    dropoff_options *options = nullptr;
    if (dropoff_options_new(&options, &error) != DROPOFF_OK)
        return 1;
    dropoff_status status = dropoff_options_set_number(options, "max_attempts", 0, &error);
    bool told = status == DROPOFF_INVALID_INPUT && dropoff_error_side(error) == DROPOFF_SIDE_CALLER;
    dropoff_error_free(error);
    dropoff_options_free(options);
    return told && version_of_two() == dropoff_version() && dropoff_live_handles() == 0 ? 0 : 1;
}
