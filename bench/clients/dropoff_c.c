/* Our library, as a C program uses it.
 *
 * The job comes as pairs of words, a list as pairs with the same name, since C has no JSON (commands.py makes them):
 *
 *     dropoff-c do put url https://... file large.bin ca_file ca.pem storage_url https://... bool:integrity_check true
 *
 * A name with a colon is an option of ours and the setter that takes it: ms:, number:, bool: or text:.
 */
#include <dropoff.h>
#include <inttypes.h>

#include "probe.h"

static char **words;
/* The last one; the program ends with the first. */
static dropoff_error *error;

/* The next value of a name, from the one at `at` on, or NULL. */
static const char *next(const char *name, int *at) {
    for (; words[*at] && words[*at + 1]; *at += 2)
        if (!strcmp(words[*at], name)) {
            const char *value = words[*at + 1];
            *at += 2;
            return value;
        }
    return NULL;
}

static const char *get(const char *name) {
    int at = 0;
    return next(name, &at);
}

static void must(dropoff_status status) {
    if (status) {
        fprintf(stderr, "%s\n", dropoff_error_message(error));
        exit(1);
    }
}

static dropoff_options *options(void) {
    dropoff_options *made = NULL;
    const char *value;
    must(dropoff_options_new(&made, &error));
    if ((value = get("storage_url")))
        must(dropoff_options_add_text(made, "trusted_storage", value, &error));
    if ((value = get("ca_file")))
        must(dropoff_options_set_text(made, "ca_file", value, &error));
    if ((value = get("concurrency")))
        must(dropoff_options_set_number(made, "concurrency", strtoull(value, NULL, 10), &error));
    for (char **word = words; word[0] && word[1]; word += 2) {
        value = word[1];
        if (!strncmp(*word, "ms:", 3))
            must(dropoff_options_set_ms(made, *word + 3, strtoull(value, NULL, 10), &error));
        if (!strncmp(*word, "number:", 7))
            must(dropoff_options_set_number(made, *word + 7, strtoull(value, NULL, 10), &error));
        if (!strncmp(*word, "bool:", 5))
            must(dropoff_options_set_bool(made, *word + 5, !strcmp(value, "true"), &error));
        if (!strncmp(*word, "text:", 5))
            must(dropoff_options_set_text(made, *word + 5, value, &error));
    }
    return made;
}

static dropoff_storage *storage(void) {
    dropoff_storage *client = NULL;
    dropoff_options *given = options();
    must(dropoff_storage_new(given, &client, &error));
    dropoff_options_free(given);
    return client;
}

static dropoff_agentdrop *agentdrop(void) {
    dropoff_agentdrop *client = NULL;
    dropoff_options *given = options();
    const char *key = get("api_key");
    must(dropoff_agentdrop_new(key ? key : "agd_idle", get("api_url"), given, &client, &error));
    dropoff_options_free(given);
    return client;
}

static dropoff_source *source(const char *path) {
    dropoff_source *made = NULL;
    must(dropoff_source_from_path(path, &made, &error));
    return made;
}

static void idle(struct counts before) {
    char facts[128];
    struct probe probe = begin();
    dropoff_storage *one = storage();
    dropoff_agentdrop *other = agentdrop();
    struct counts after = count_all();
    snprintf(facts, sizeof facts,
             "{\"threads\": {\"before\": %d, \"after\": %d}, \"fds\": {\"before\": %d, \"after\": %d}}", before.threads,
             after.threads, before.fds, after.fds);
    end(&probe, facts);
    dropoff_storage_free(one);
    dropoff_agentdrop_free(other);
}

static void put(void) {
    dropoff_put *request = NULL;
    dropoff_stored_object *stored = NULL;
    dropoff_storage *client = storage();
    struct probe probe = begin();
    dropoff_source *file = source(get("file"));
    must(dropoff_put_new(get("url"), file, &request, &error));
    must(dropoff_storage_put(client, request, &stored, &error));
    end(&probe, dropoff_stored_object_to_json(stored));
    dropoff_stored_object_free(stored);
    dropoff_put_free(request);
    dropoff_source_free(file);
    dropoff_storage_free(client);
}

static void form(void) {
    dropoff_post_form *request = NULL;
    dropoff_stored_object *stored = NULL;
    dropoff_storage *client = storage();
    const char *name, *value;
    struct probe probe = begin();
    dropoff_source *file = source(get("file"));
    must(dropoff_post_form_new(get("url"), file, &request, &error));
    for (int names = 0, values = 0; (name = next("field", &names)) && (value = next("value", &values));)
        must(dropoff_post_form_add_field(request, name, value, &error));
    must(dropoff_storage_post_form(client, request, &stored, &error));
    end(&probe, dropoff_stored_object_to_json(stored));
    dropoff_stored_object_free(stored);
    dropoff_post_form_free(request);
    dropoff_source_free(file);
    dropoff_storage_free(client);
}

static void parts(void) {
    dropoff_put_parts *request = NULL;
    dropoff_stored_parts *stored = NULL;
    dropoff_storage *client = storage();
    const char *value;
    char facts[256];
    uint32_t attempts = 0;
    struct probe probe = begin();
    dropoff_source *file = source(get("file"));
    must(dropoff_put_parts_new(file, &request, &error));
    for (int at = 0; (value = next("urls", &at));)
        must(dropoff_put_parts_add_url(request, value, &error));
    if ((value = get("part_size")))
        must(dropoff_put_parts_set_part_size(request, strtoull(value, NULL, 10), &error));
    must(dropoff_storage_put_parts(client, request, &stored, &error));
    for (size_t index = 0; index < dropoff_stored_parts_count(stored); index++)
        attempts += dropoff_stored_parts_part_attempts(stored, index);
    snprintf(facts, sizeof facts,
             "{\"bytes\": %" PRIu64 ", \"part_size\": %" PRIu64 ", \"parts\": %zu, \"attempts\": %" PRIu32
             ", \"verified\": %s}",
             dropoff_stored_parts_bytes(stored), dropoff_stored_parts_part_size(stored),
             dropoff_stored_parts_count(stored), attempts, dropoff_stored_parts_verified(stored) ? "true" : "false");
    end(&probe, facts);
    dropoff_stored_parts_free(stored);
    dropoff_put_parts_free(request);
    dropoff_source_free(file);
    dropoff_storage_free(client);
}

static void add_files(dropoff_transfer *transfer, const char *name) {
    const char *path;
    for (int at = 0; (path = next(name, &at));) {
        dropoff_source *file = source(path);
        must(dropoff_transfer_add_file(transfer, file, NULL, NULL, &error));
        dropoff_source_free(file);
    }
}

static void seal(dropoff_transfer *transfer) {
    dropoff_key_pair *pair = NULL;
    dropoff_encryption *encryption = NULL;
    must(dropoff_key_pair_from_private_key(get("private_key"), &pair, &error));
    must(dropoff_encryption_new(pair, &encryption, &error));
    must(dropoff_transfer_set_encryption(transfer, encryption, &error));
    dropoff_encryption_free(encryption);
    dropoff_key_pair_free(pair);
}

static void send_facts(const dropoff_sent_transfer *sent, char *facts, size_t size) {
    const dropoff_sent_files *files = dropoff_sent_transfer_files(sent);
    uint64_t bytes = 0;
    uint32_t parts_sent = 0, attempts = 0;
    bool verified = true;
    for (size_t index = 0; index < dropoff_sent_files_count(files); index++) {
        bytes += dropoff_sent_files_size(files, index);
        parts_sent += dropoff_sent_files_parts(files, index);
        attempts += dropoff_sent_files_attempts(files, index);
        verified = verified && dropoff_sent_files_verified(files, index);
    }
    snprintf(facts, size,
             "{\"status\": \"%s\", \"sealed\": %s, \"files\": %zu, \"bytes\": %" PRIu64 ", \"parts\": %" PRIu32
             ", \"attempts\": %" PRIu32 ", \"verified\": %s}",
             dropoff_sent_transfer_status(sent), dropoff_sent_transfer_encrypted(sent) ? "true" : "false",
             dropoff_sent_files_count(files), bytes, parts_sent, attempts, verified ? "true" : "false");
}

static void send_files(const char *files) {
    dropoff_transfer *transfer = NULL;
    dropoff_sent_transfer *sent = NULL;
    dropoff_agentdrop *client = agentdrop();
    const char *value;
    char facts[512];
    struct probe probe = begin();
    must(dropoff_transfer_new("sender-agent", "recipient-agent", &transfer, &error));
    add_files(transfer, files);
    if ((value = get("multipart")))
        must(dropoff_transfer_set_multipart(transfer, !strcmp(value, "true"), &error));
    if ((value = get("sealed")) && !strcmp(value, "true"))
        seal(transfer);
    if ((value = get("journal")))
        must(dropoff_transfer_set_journal(transfer, value, &error));
    must(dropoff_agentdrop_send(client, transfer, &sent, &error));
    send_facts(sent, facts, sizeof facts);
    end(&probe, facts);
    dropoff_sent_transfer_free(sent);
    dropoff_transfer_free(transfer);
    dropoff_agentdrop_free(client);
}

int main(int argc, char **argv) {
    struct counts before = count_all();
    words = argv + (argc > 1);
    const char *what = get("do");
    if (!what)
        what = "nothing";
    if (!strcmp(what, "idle"))
        idle(before);
    else if (!strcmp(what, "put"))
        put();
    else if (!strcmp(what, "form"))
        form();
    else if (!strcmp(what, "parts"))
        parts();
    else if (!strcmp(what, "send"))
        send_files("file");
    else if (!strcmp(what, "many"))
        send_files("files");
    else {
        fprintf(stderr, "nothing known of \"%s\"\n", what);
        return 2;
    }
    return 0;
}
