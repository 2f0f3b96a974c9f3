/* Seals and sends the files that are its arguments; ../ours.py says how it is told what else to do. */
#include <dropoff.h>
#include <stdbool.h>
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

static void set_number(dropoff_options *options, const char *option, const char *variable) {
    const char *told = getenv(variable);
    if (told != NULL)
        must(dropoff_options_set_number(options, option, strtoull(told, NULL, 10), &error));
}

int main(int argc, char **argv) {
    const char *recipient_key = getenv("RECIPIENT_KEY"), *journal = getenv("JOURNAL");
    dropoff_options *options = NULL;
    dropoff_agentdrop *client = NULL;
    dropoff_key_pair *pair = NULL;
    dropoff_encryption *encryption = NULL;
    dropoff_transfer *transfer = NULL;
    dropoff_sent_transfer *sent = NULL;

    must(dropoff_options_new(&options, &error));
    must(dropoff_options_add_text(options, "trusted_storage", getenv("STORAGE_URL"), &error));
    set_number(options, "part_size", "PART_SIZE");
    set_number(options, "concurrency", "CONCURRENCY");
    must(dropoff_agentdrop_new(NULL, getenv("API_URL"), options, &client, &error));

    must(dropoff_key_pair_from_agentdrop_config(getenv("CONFIG"), &pair, &error));
    must(dropoff_encryption_new(pair, &encryption, &error));
    if (recipient_key != NULL)
        must(dropoff_encryption_set_recipient_public_key(encryption, recipient_key, &error));

    must(dropoff_transfer_new(getenv("SENDER"), getenv("RECIPIENT"), &transfer, &error));
    must(dropoff_transfer_set_encryption(transfer, encryption, &error));
    if (getenv("MULTIPART") != NULL)
        must(dropoff_transfer_set_multipart(transfer, true, &error));
    if (journal != NULL)
        must(dropoff_transfer_set_journal(transfer, journal, &error));
    for (int at = 1; at < argc; at++) {
        dropoff_source *source = NULL;
        must(dropoff_source_from_path(argv[at], &source, &error));
        must(dropoff_transfer_add_file(transfer, source, NULL, NULL, &error));
        dropoff_source_free(source);
    }
    must(dropoff_agentdrop_send(client, transfer, &sent, &error));
    printf("%s\t%s\t%s\n", dropoff_sent_transfer_id(sent), dropoff_sent_transfer_recipient_key_fingerprint(sent),
           dropoff_sent_transfer_recipient_key_source(sent));

    dropoff_sent_transfer_free(sent);
    dropoff_transfer_free(transfer);
    dropoff_encryption_free(encryption);
    dropoff_key_pair_free(pair);
    dropoff_agentdrop_free(client);
    dropoff_options_free(options);
    return 0;
}
