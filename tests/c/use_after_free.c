/* Wrong on purpose: a sanitizer that does not report this is not there. */
#include "check.h"

int main(void) {
    dropoff_error *error = NULL;
    const char *message;
    dropoff_job_wait(NULL, &error);
    message = dropoff_error_message(error);
    dropoff_error_free(error);
    return message[0] == 'x';
}
