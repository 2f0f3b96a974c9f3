/* Wrong on purpose: a sanitizer that does not report this is not there. */
#include "check.h"

int main(void) {
    dropoff_error *error = NULL;
    dropoff_options *options = NULL;
    const char *message;
    dropoff_options_new(&options, &error);
    dropoff_options_set_ms(options, "no such option", 1, &error);
    message = dropoff_error_message(error);
    dropoff_error_free(error);
    dropoff_options_free(options);
    return message[0] == 'x';
}
