/* Our library, as a C program uses it.
 *
 * The job comes as pairs of words, a list as pairs with the same name, since C has no JSON (commands.py makes
 * them):
 *
 *     dropoff-c do put url https://... file large.bin ca_file ca.pem \
 *         storage_url https://... bool:integrity_check true
 *
 * A name with a colon is an option of ours after its kind: ms:, number:, bool: or text:.
 */
#include <dropoff.h>
#include <inttypes.h>

#include "probe.h"

static char **words;
static int word_count;
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

/* Room for a list: no more items than there are words. */
static void *list(size_t item) {
    void *made = calloc((size_t)word_count, item);
    if (!made)
        exit(1);
    return made;
}

static void must(dropoff_status status) {
    if (status) {
        fprintf(stderr, "%s\n", dropoff_error_message(error));
        exit(1);
    }
}

/* An option of ours; anything else ends the program. */
static void set(dropoff_options *options, const char *name, const char *value) {
    const struct {
        const char *name;
        uint64_t *field;
    } numbers[] = {
        {"ms:connect_timeout", &options->connect_timeout_ms},
        {"ms:stall_timeout", &options->stall_timeout_ms},
        {"ms:response_timeout", &options->response_timeout_ms},
        {"ms:backoff_base", &options->backoff_base_ms},
        {"ms:backoff_cap", &options->backoff_cap_ms},
        {"ms:max_retry_after", &options->max_retry_after_ms},
        {"number:max_attempts", &options->max_attempts},
        {"number:concurrency", &options->concurrency},
        {"number:bandwidth_limit", &options->bandwidth_limit},
        {"number:memory_budget", &options->memory_budget},
        {"number:part_size", &options->part_size},
        {"number:multipart_threshold", &options->multipart_threshold},
    };
    const struct {
        const char *name;
        const char **field;
    } texts[] = {
        {"text:spool_dir", &options->spool_dir},
        {"text:proxy", &options->proxy},
        {"text:user_agent", &options->user_agent},
    };
    if (!strcmp(name, "bool:integrity_check")) {
        options->integrity_check = !strcmp(value, "true") ? DROPOFF_YES : DROPOFF_NO;
        return;
    }
    for (size_t at = 0; at < sizeof numbers / sizeof *numbers; at++)
        if (!strcmp(name, numbers[at].name)) {
            *numbers[at].field = strtoull(value, NULL, 10);
            return;
        }
    for (size_t at = 0; at < sizeof texts / sizeof *texts; at++)
        if (!strcmp(name, texts[at].name)) {
            *texts[at].field = value;
            return;
        }
    fprintf(stderr, "no such option: %s\n", name);
    exit(2);
}

static dropoff_options options(void) {
    static const char *trusted;
    dropoff_options made = DROPOFF_OPTIONS_INIT;
    const char *value;
    if ((trusted = get("storage_url"))) {
        made.trusted_storage = &trusted;
        made.trusted_storage_count = 1;
    }
    made.ca_file = get("ca_file");
    if ((value = get("concurrency")))
        made.concurrency = strtoull(value, NULL, 10);
    for (char **word = words; word[0] && word[1]; word += 2)
        if (strchr(*word, ':'))
            set(&made, word[0], word[1]);
    return made;
}

static dropoff_storage *storage(void) {
    dropoff_storage *client = NULL;
    dropoff_options given = options();
    must(dropoff_storage_new(&given, &client, &error));
    return client;
}

static dropoff_agentdrop *agentdrop(void) {
    dropoff_agentdrop *client = NULL;
    dropoff_options given = options();
    dropoff_agentdrop_settings settings = DROPOFF_AGENTDROP_SETTINGS_INIT;
    const char *key = get("api_key");
    settings.api_key = key ? key : "agd_idle";
    settings.base_url = get("api_url");
    settings.options = &given;
    must(dropoff_agentdrop_new(&settings, &client, &error));
    return client;
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
    dropoff_put_request request = DROPOFF_PUT_REQUEST_INIT;
    dropoff_stored_object *stored = NULL;
    dropoff_storage *client = storage();
    struct probe probe = begin();
    request.url = get("url");
    request.path = get("file");
    must(dropoff_storage_put(client, &request, &stored, &error));
    end(&probe, stored->json);
    dropoff_stored_object_free(stored);
    dropoff_storage_free(client);
}

static void form(void) {
    dropoff_post_form_request request = DROPOFF_POST_FORM_REQUEST_INIT;
    dropoff_stored_object *stored = NULL;
    dropoff_storage *client = storage();
    dropoff_pair *fields = list(sizeof *fields);
    dropoff_pair field;
    struct probe probe = begin();
    request.url = get("url");
    request.path = get("file");
    request.fields = fields;
    for (int names = 0, values = 0; (field.name = next("field", &names)) && (field.value = next("value", &values));)
        fields[request.fields_count++] = field;
    must(dropoff_storage_post_form(client, &request, &stored, &error));
    end(&probe, stored->json);
    dropoff_stored_object_free(stored);
    free(fields);
    dropoff_storage_free(client);
}

static void parts(void) {
    dropoff_put_parts_request request = DROPOFF_PUT_PARTS_REQUEST_INIT;
    dropoff_stored_parts *stored = NULL;
    dropoff_storage *client = storage();
    const char **urls = list(sizeof *urls), *value;
    char facts[256];
    uint32_t attempts = 0;
    struct probe probe = begin();
    request.path = get("file");
    request.urls = urls;
    for (int at = 0; (value = next("urls", &at));)
        urls[request.urls_count++] = value;
    if ((value = get("part_size")))
        request.part_size = strtoull(value, NULL, 10);
    must(dropoff_storage_put_parts(client, &request, &stored, &error));
    for (size_t index = 0; index < stored->parts_count; index++)
        attempts += stored->parts[index]->attempts;
    snprintf(facts, sizeof facts,
             "{\"bytes\": %" PRIu64 ", \"part_size\": %" PRIu64 ", \"parts\": %zu, \"attempts\": %" PRIu32
             ", \"verified\": %s}",
             stored->bytes, stored->part_size, stored->parts_count, attempts, stored->verified ? "true" : "false");
    end(&probe, facts);
    dropoff_stored_parts_free(stored);
    free(urls);
    dropoff_storage_free(client);
}

static void send_facts(const dropoff_sent_transfer *sent, char *facts, size_t size) {
    uint64_t bytes = 0;
    uint32_t parts_sent = 0, attempts = 0;
    bool verified = true;
    for (size_t index = 0; index < sent->files_count; index++) {
        const dropoff_sent_file *file = sent->files[index];
        bytes += file->bytes;
        parts_sent += file->parts;
        attempts += file->attempts;
        verified = verified && file->verified;
    }
    snprintf(facts, size,
             "{\"status\": \"%s\", \"sealed\": %s, \"files\": %zu, \"bytes\": %" PRIu64 ", \"parts\": %" PRIu32
             ", \"attempts\": %" PRIu32 ", \"verified\": %s}",
             sent->status, sent->encrypted ? "true" : "false", sent->files_count, bytes, parts_sent, attempts,
             verified ? "true" : "false");
}

static void send_files(const char *name) {
    dropoff_transfer transfer = DROPOFF_TRANSFER_INIT;
    dropoff_encryption sealing = DROPOFF_ENCRYPTION_INIT;
    dropoff_file *files = list(sizeof *files);
    dropoff_key_pair *pair = NULL;
    dropoff_sent_transfer *sent = NULL;
    dropoff_agentdrop *client = agentdrop();
    const char *value;
    char facts[512];
    struct probe probe = begin();
    transfer.sender = "sender-agent";
    transfer.recipient = "recipient-agent";
    transfer.files = files;
    for (int at = 0; (value = next(name, &at));)
        files[transfer.files_count++] = (dropoff_file){.size = sizeof *files, .path = value};
    if ((value = get("multipart")))
        transfer.multipart = !strcmp(value, "true") ? DROPOFF_YES : DROPOFF_NO;
    if ((value = get("sealed")) && !strcmp(value, "true")) {
        must(dropoff_key_pair_from_private_key(get("private_key"), &pair, &error));
        sealing.key_pair = pair;
        transfer.encrypt = &sealing;
    }
    transfer.journal = get("journal");
    must(dropoff_agentdrop_send(client, &transfer, &sent, &error));
    send_facts(sent, facts, sizeof facts);
    end(&probe, facts);
    dropoff_sent_transfer_free(sent);
    dropoff_key_pair_free(pair);
    free(files);
    dropoff_agentdrop_free(client);
}

int main(int argc, char **argv) {
    struct counts before = count_all();
    words = argv + (argc > 1);
    word_count = argc;
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
