/* Says what of a browser's user-data folder would be packed, and whether it will sign in on Linux. It needs
 * no key and no network.
 *
 *     cc inspect_profile.c $(pkg-config --cflags --libs dropoff) && ./a.out ~/.config/google-chrome
 */
#include <dropoff.h>
#include <stdio.h>

int main(int argc, char **argv) {
    dropoff_error *error = NULL;
    dropoff_profile_inspection *seen = NULL;
    int failed = dropoff_inspect_profile(argc > 1 ? argv[1] : "~/.config/google-chrome", NULL, &seen, &error);
    if (failed) {
        fprintf(stderr, "%s\n", dropoff_error_message(error));
    } else {
        printf("%s, lock: %s\n", seen->product, seen->lock);
        for (size_t i = 0; i < seen->sizes_count; i++) {
            const dropoff_category_size *kind = seen->sizes[i];
            printf("%-10s %-13s %llu bytes\n", kind->packed ? "packed" : "stays here", kind->category,
                   (unsigned long long)kind->bytes);
        }
        printf("%s\n", seen->advice);
    }
    dropoff_profile_inspection_free(seen);
    dropoff_error_free(error);
    return failed;
}
