/* Seals and sends the files that are its arguments; ../ours.py says how it is told what else to do. */
#include <dropoff.h>
#include <stdio.h>
#include <stdlib.h>

static dropoff_error *error = NULL;

/* Ends the program if a call failed. */
static void must(dropoff_status status) {
    if (status != DROPOFF_OK) {
        const char *journal = dropoff_error_journal(error);
        printf("%s\t%s\n", dropoff_error_kind_name(error), journal != NULL ? journal : "");
        fprintf(stderr, "%s\n", dropoff_error_message(error));
        exit(3);
    }
}

/* 0, which is the default, if it was not told. */
static uint64_t number(const char *variable) {
    const char *told = getenv(variable);
    return told != NULL ? strtoull(told, NULL, 10) : 0;
}

int main(int argc, char **argv) {
    const char *storage = getenv("STORAGE_URL");
    dropoff_options options = DROPOFF_OPTIONS_INIT;
    dropoff_agentdrop_settings settings = DROPOFF_AGENTDROP_SETTINGS_INIT;
    dropoff_encryption sealing = DROPOFF_ENCRYPTION_INIT;
    dropoff_transfer transfer = DROPOFF_TRANSFER_INIT;
    dropoff_file *files = malloc((size_t)argc * sizeof *files);
    dropoff_agentdrop *client = NULL;
    dropoff_key_pair *pair = NULL;
    dropoff_sent_transfer *sent = NULL;

    if (files == NULL)
        return 1;
    options.trusted_storage = &storage;
    options.trusted_storage_count = 1;
    options.part_size = number("PART_SIZE");
    options.concurrency = number("CONCURRENCY");
    settings.base_url = getenv("API_URL");
    settings.options = &options;
    must(dropoff_agentdrop_new(&settings, &client, &error));

    must(dropoff_key_pair_from_agentdrop_config(getenv("CONFIG"), &pair, &error));
    sealing.key_pair = pair;
    sealing.recipient_public_key = getenv("RECIPIENT_KEY");

    for (int at = 1; at < argc; at++)
        files[at - 1] = (dropoff_file){.size = sizeof *files, .path = argv[at]};
    transfer.sender = getenv("SENDER");
    transfer.recipient = getenv("RECIPIENT");
    transfer.files = files;
    transfer.files_count = (size_t)argc - 1;
    transfer.encrypt = &sealing;
    transfer.multipart = getenv("MULTIPART") != NULL ? DROPOFF_YES : DROPOFF_AUTO;
    transfer.journal = getenv("JOURNAL");
    must(dropoff_agentdrop_send(client, &transfer, &sent, &error));
    printf("%s\t%s\t%s\n", sent->id, sent->recipient_key_fingerprint, sent->recipient_key_source);

    dropoff_sent_transfer_free(sent);
    dropoff_key_pair_free(pair);
    dropoff_agentdrop_free(client);
    free(files);
    return 0;
}
