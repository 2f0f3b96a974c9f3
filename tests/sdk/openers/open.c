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

int main(int argc, char **argv) {
    dropoff_sealed_file sealed = DROPOFF_SEALED_FILE_INIT;
    dropoff_key_pair *pair = NULL;
    dropoff_opened_file *opened = NULL;

    if (argc != 3)
        return 2;
    must(dropoff_key_pair_from_agentdrop_config(getenv("CONFIG"), &pair, &error));
    sealed.path = argv[1];
    sealed.sender_public_key = getenv("SENDER_PUBLIC_KEY");
    sealed.encrypted_key = getenv("ENCRYPTED_KEY");
    sealed.encryption_iv = getenv("ENCRYPTION_IV");
    sealed.encryption_salt = getenv("ENCRYPTION_SALT");
    must(dropoff_open_sealed(&sealed, argv[2], pair, &opened, &error));
    printf("%s\t%llu\n", opened->path, (unsigned long long)opened->bytes);

    dropoff_opened_file_free(opened);
    dropoff_key_pair_free(pair);
    return 0;
}
