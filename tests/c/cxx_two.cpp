#include <dropoff.h>

const char *version_of_two();

const char *version_of_two() { return dropoff_version(); }
