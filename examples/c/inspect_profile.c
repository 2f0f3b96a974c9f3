/* Says what of a browser's user-data folder would be packed, and whether it will sign in on Linux. It needs no key and
 * no network.
 *
 *     cc inspect_profile.c $(pkg-config --cflags --libs dropoff) && ./a.out ~/.config/google-chrome
 */
#include <dropoff.h>
#include <stdio.h>

int main(int argc, char **argv) {
    dropoff_error *error = NULL;
    dropoff_inspection *seen = NULL;
    int failed = dropoff_inspect_profile(argc > 1 ? argv[1] : "~/.config/google-chrome", NULL, &seen, &error);
    if (failed) {
        fprintf(stderr, "%s\n", dropoff_error_message(error));
    } else {
        printf("%s, lock: %s\n", dropoff_inspection_product(seen), dropoff_inspection_lock(seen));
        for (size_t i = 0; i < dropoff_inspection_sizes_count(seen); i++)
            printf("%-10s %-13s %llu bytes\n", dropoff_inspection_sizes_packed(seen, i) ? "packed" : "stays here",
                   dropoff_inspection_sizes_category(seen, i),
                   (unsigned long long)dropoff_inspection_sizes_bytes(seen, i));
        printf("%s\n", dropoff_inspection_advice(seen));
    }
    dropoff_inspection_free(seen);
    dropoff_error_free(error);
    return failed;
}
