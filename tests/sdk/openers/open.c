/* Opens the sealed file that is its first argument to the path that is its second; see ../ours.py. */
#include <dropoff.h>
#include <stdio.h>
#include <stdlib.h>

static dropoff_error *error = NULL;

/* Ends the program if a call failed. */
static void must(dropoff_status status) {
    if (status != DROPOFF_OK) {
        printf("%s\t\n", dropoff_error_kind_name(error));
        fprintf(stderr, "%s\n", dropoff_error_message(error));
        exit(3);
    }
}

typedef dropoff_status setter(dropoff_sealed_file *, const char *, dropoff_error **);

static void set(dropoff_sealed_file *sealed, setter *field, const char *variable) {
    const char *told = getenv(variable);
    if (told != NULL)
        must(field(sealed, told, &error));
}

int main(int argc, char **argv) {
    dropoff_key_pair *pair = NULL;
    dropoff_sealed_file *sealed = NULL;
    dropoff_opened_file *opened = NULL;

    if (argc != 3)
        return 2;
    must(dropoff_key_pair_from_agentdrop_config(getenv("CONFIG"), &pair, &error));
    must(dropoff_sealed_file_new(argv[1], &sealed, &error));
    set(sealed, dropoff_sealed_file_set_sender_public_key, "SENDER_PUBLIC_KEY");
    set(sealed, dropoff_sealed_file_set_encrypted_key, "ENCRYPTED_KEY");
    set(sealed, dropoff_sealed_file_set_encryption_iv, "ENCRYPTION_IV");
    set(sealed, dropoff_sealed_file_set_encryption_salt, "ENCRYPTION_SALT");
    must(dropoff_open_sealed(sealed, argv[2], pair, &opened, &error));
    printf("%s\t%llu\n", dropoff_opened_file_path(opened), (unsigned long long)dropoff_opened_file_bytes(opened));

    dropoff_opened_file_free(opened);
    dropoff_sealed_file_free(sealed);
    dropoff_key_pair_free(pair);
    return 0;
}
