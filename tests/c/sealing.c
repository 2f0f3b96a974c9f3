/* Keys, sealing, plans, journals, parts and opening: the edges that the scenarios, which make whole calls, do
 * not reach. */
#include "check.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

static dropoff_error *error = NULL;

/* One file that was sealed by the official SDK's recipe, for the second pair by the first. */
#define SENDER_PRIVATE "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
#define SENDER_PUBLIC "B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw="
#define RECIPIENT_PRIVATE "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpbXF1eX2A="
#define RECIPIENT_PUBLIC "ZLEBsdC+WocEvQePmJUAH8A+jp+VIvGI3RKNmEbUhGY="
#define ENCRYPTED_KEY "0NHS09TV1tfY2drbzNV+rOPgo6zBf/XLMDWcADyZ+2AGOStqBRZuopDmsL0yhwoHFxzRnhphB7i1Z0vF"
#define ENCRYPTION_IV "4OHi4+Tl5ufo6err"
static const char PLAIN[] = "relay test vector 1\n";
static const uint8_t SEALED[] = {0xd7, 0x15, 0x29, 0x08, 0xe1, 0x07, 0xba, 0x03, 0xfb, 0x4f, 0x59, 0x19,
                                 0x43, 0xe0, 0x85, 0x85, 0xb5, 0xf5, 0x38, 0xb2, 0x0f, 0x81, 0x8e, 0x80,
                                 0x8b, 0xf1, 0xac, 0xb5, 0x87, 0xf4, 0xfc, 0xd0, 0x98, 0x9f, 0x59, 0x00};

/* The same for the two other schemes, which need a salt. */
#define SALT "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
static const uint8_t IN_A_CHANNEL[] = {0x51, 0x98, 0x1a, 0xa4, 0x56, 0xc7, 0x8b, 0xfb, 0xec, 0xc5, 0x0d, 0x82, 0x6b,
                                       0x9e, 0xfa, 0xbf, 0x15, 0x48, 0xfd, 0xb5, 0xaf, 0x23, 0x13, 0xe2, 0xc3, 0x57,
                                       0x03, 0xa2, 0x3b, 0xb7, 0x0d, 0x58, 0x40, 0x26, 0xac, 0x5c};
static const uint8_t FOR_A_PERSON[] = {0xe0, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xeb, 0x5c,
                                       0x76, 0x16, 0x15, 0x47, 0x28, 0x49, 0xa2, 0xa3, 0x4d, 0x2d, 0xb9, 0x11, 0x22,
                                       0x45, 0x63, 0xb3, 0x12, 0x5c, 0x51, 0x99, 0xe3, 0xae, 0x4c, 0xf0, 0x72, 0x78,
                                       0xae, 0xa4, 0x45, 0xac, 0xc9, 0x3a, 0x00, 0xd0, 0x44};

/* A path in the home folder, which is the test's own and empty. */
static const char *in_home(const char *name) {
    static char path[4][4096];
    static int next = 0;
    char *place = path[next++ % 4];
    sprintf(place, "%s/%s", given("HOME"), name);
    return place;
}

static const char *written(const char *name, const void *bytes, size_t length) {
    const char *path = in_home(name);
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL && fwrite(bytes, 1, length, file) == length && fclose(file) == 0);
    return path;
}

static dropoff_key_pair *pair_of(const char *private_key) {
    dropoff_key_pair *pair = NULL;
    MUST(dropoff_key_pair_from_private_key(private_key, &pair, &error));
    return pair;
}

/* -- key pairs */

static void keys_go_out_and_in_again(void) {
    static const char *const none[] = {"", "canary-canary", "Y2FuYXJ5LWNhbmFyeQ==", "%canary"};
    dropoff_key_pair *pair = NULL, *other = NULL, *again = NULL;
    const char *revealed;
    size_t at;
    MUST(dropoff_key_pair_generate(&pair, &error));
    MUST(dropoff_key_pair_generate(&other, &error));
    CHECK(strlen(dropoff_key_pair_public_key(pair)) == 44);
    CHECK(strcmp(dropoff_key_pair_public_key(pair), dropoff_key_pair_public_key(other)) != 0);
    revealed = dropoff_key_pair_reveal_private_key(pair);
    CHECK(strlen(revealed) == 44 && strcmp(revealed, dropoff_key_pair_public_key(pair)) != 0);
    /* It is the pair's own, and stays where it is. */
    CHECK(dropoff_key_pair_reveal_private_key(pair) == revealed);
    again = pair_of(revealed);
    CHECK(strcmp(dropoff_key_pair_public_key(again), dropoff_key_pair_public_key(pair)) == 0);
    dropoff_key_pair_free(pair);
    CHECK(strlen(dropoff_key_pair_reveal_private_key(again)) == 44);
    dropoff_key_pair_free(again);

    again = pair_of(SENDER_PRIVATE);
    CHECK(strcmp(dropoff_key_pair_public_key(again), SENDER_PUBLIC) == 0);
    CHECK(strcmp(dropoff_key_pair_reveal_private_key(again), SENDER_PRIVATE) == 0);
    dropoff_key_pair_free(again);
    dropoff_key_pair_free(other);

    pair = NULL;
    for (at = 0; at < sizeof none / sizeof none[0]; at++) {
        CHECK(dropoff_key_pair_from_private_key(none[at], &pair, &error) == DROPOFF_ENCRYPTION && pair == NULL);
        CHECK(dropoff_error_side(error) == DROPOFF_SIDE_CALLER);
        CHECK(strstr(dropoff_error_to_json(error), "anary") == NULL);
        CHECK(strstr(dropoff_error_to_json(error), "Y2Fu") == NULL);
        dropoff_error_free(error);
        error = NULL;
    }
}

static void the_official_config_is_read(void) {
    static const char config[] = "{\"agent_id\": \"a\", \"private_key\": \"" SENDER_PRIVATE "\"}";
    static const char other[] = "{\"agent_id\": \"a\", \"private_key\": \"canary-canary\"}";
    const char *paths[3];
    dropoff_key_pair *pair = NULL;
    size_t at;
    CHECK(mkdir(in_home(".agentdrop"), 0700) == 0);
    written(".agentdrop/config.json", config, strlen(config));
    paths[0] = in_home(".agentdrop");
    paths[1] = in_home(".agentdrop/config.json");
    paths[2] = "~/.agentdrop";
    for (at = 0; at < 3; at++) {
        MUST(dropoff_key_pair_from_agentdrop_config(paths[at], &pair, &error));
        CHECK(strcmp(dropoff_key_pair_public_key(pair), SENDER_PUBLIC) == 0);
        dropoff_key_pair_free(pair);
        pair = NULL;
    }
    written(".agentdrop/config.json", other, strlen(other));
    CHECK(dropoff_key_pair_from_agentdrop_config(paths[0], &pair, &error) == DROPOFF_ENCRYPTION && pair == NULL);
    CHECK(strcmp(dropoff_error_path(error), in_home(".agentdrop/config.json")) == 0);
    CHECK(strstr(dropoff_error_to_json(error), "canary") == NULL);
    dropoff_error_free(error);
    error = NULL;
    written(".agentdrop/config.json", "{}", 2);
    MUST_FAIL(DROPOFF_ENCRYPTION, "holds no private_key",
              dropoff_key_pair_from_agentdrop_config(paths[0], &pair, &error));
    MUST_FAIL(DROPOFF_SOURCE_UNREADABLE, "/caf",
              dropoff_key_pair_from_agentdrop_config("/caf\xe9", &pair, &error));
}

/* -- what is sealed, seen by plans */

static dropoff_encryption sealed_by(const dropoff_key_pair *pair) {
    dropoff_encryption encryption = DROPOFF_ENCRYPTION_INIT;
    encryption.key_pair = pair;
    return encryption;
}

static dropoff_transfer transfer_of_files(const dropoff_file *files, size_t count) {
    dropoff_transfer transfer = DROPOFF_TRANSFER_INIT;
    transfer.sender = "sender-agent";
    transfer.recipient = "recipient-agent";
    transfer.files = files;
    transfer.files_count = count;
    return transfer;
}

static dropoff_transfer_plan *planned(const dropoff_transfer *transfer) {
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_transfer_plan *plan = NULL;
    MUST(dropoff_agentdrop_plan(client, transfer, &plan, &error));
    dropoff_agentdrop_free(client);
    return plan;
}

static void an_encryption_is_copied(void) {
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_key_pair *pair = pair_of(SENDER_PRIVATE);
    dropoff_encryption encryption = sealed_by(pair);
    dropoff_file file = DROPOFF_FILE_INIT;
    dropoff_transfer transfer = transfer_of_files(&file, 1);
    dropoff_transfer_plan *plan;
    dropoff_job *job = NULL;
    char algorithm[] = "canary-algorithm";
    file.path = written("a.txt", "12345", 5);
    transfer.encrypt = &encryption;
    plan = planned(&transfer);
    CHECK(plan->encrypted && plan->total_bytes == 5 + 16);
    CHECK(strstr(plan->request_json, "X25519-HKDF-AES-256-GCM") != NULL);
    CHECK(strstr(plan->request_json, "[hidden]") != NULL);
    CHECK(strstr(plan->json, SENDER_PRIVATE) == NULL);
    dropoff_transfer_plan_free(plan);

    encryption.algorithm = algorithm;
    MUST(dropoff_agentdrop_start_plan(client, &transfer, &job, &error));
    dropoff_key_pair_free(pair);
    memset(&encryption, 0x5a, sizeof encryption);
    memset(algorithm, 0x5a, sizeof algorithm);
    MUST(dropoff_job_transfer_plan(job, &plan, &error));
    CHECK(plan->encrypted && strstr(plan->request_json, "canary-algorithm") != NULL);
    dropoff_transfer_plan_free(plan);
    dropoff_job_free(job);

    transfer.encrypt = NULL;
    plan = planned(&transfer);
    CHECK(!plan->encrypted && plan->files[0]->bytes == 5);
    CHECK(strcmp(plan->files[0]->content_type, "text/plain") == 0);
    CHECK(strstr(plan->request_json, "encrypted_key") == NULL);
    dropoff_transfer_plan_free(plan);
    dropoff_agentdrop_free(client);
}

static void an_encryption_that_is_none_is_refused(void) {
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_key_pair *pair = pair_of(SENDER_PRIVATE);
    dropoff_encryption encryption = sealed_by(pair);
    dropoff_file file = DROPOFF_FILE_INIT;
    dropoff_transfer transfer = transfer_of_files(&file, 1);
    dropoff_sent_transfer *sent = NULL;
    file.path = written("a.txt", "12345", 5);
    transfer.encrypt = &encryption;
    encryption.recipient_public_key = "bm8=";
    MUST_FAIL(DROPOFF_ENCRYPTION, "is not the base64 of 32 bytes",
              dropoff_agentdrop_send(client, &transfer, &sent, &error));
    encryption.recipient_public_key = NULL;
    encryption.algorithm = " ";
    MUST_FAIL(DROPOFF_INVALID_INPUT, "algorithm is empty",
              dropoff_agentdrop_send(client, &transfer, &sent, &error));
    encryption.algorithm = NULL;
    encryption.encrypted_key = ENCRYPTED_KEY;
    MUST_FAIL(DROPOFF_INVALID_INPUT, "encrypt needs one of encrypt.key_pair and encrypt.encrypted_key",
              dropoff_agentdrop_send(client, &transfer, &sent, &error));
    encryption.key_pair = NULL;
    /* Files that are sealed already need a nonce each, and have their recipient. */
    MUST_FAIL(DROPOFF_ENCRYPTION, "encryption_iv", dropoff_agentdrop_send(client, &transfer, &sent, &error));
    encryption.recipient_public_key = RECIPIENT_PUBLIC;
    MUST_FAIL(DROPOFF_INVALID_INPUT, "recipient_public_key",
              dropoff_agentdrop_send(client, &transfer, &sent, &error));
    encryption.encrypted_key = NULL;
    MUST_FAIL(DROPOFF_INVALID_INPUT, "one of encrypt.key_pair",
              dropoff_agentdrop_send(client, &transfer, &sent, &error));
    CHECK(sent == NULL);
    /* The recipient is nobody whom the service knows, so only the key given can be meant. */
    encryption.key_pair = pair;
    MUST(dropoff_agentdrop_send(client, &transfer, &sent, &error));
    CHECK(sent->encrypted && strcmp(sent->recipient_key_source, "caller") == 0);
    CHECK(strlen(sent->recipient_key_fingerprint) == 64);
    CHECK(sent->files_count == 1 && sent->files[0]->bytes == 5 + 16);
    dropoff_sent_transfer_free(sent);
    dropoff_key_pair_free(pair);
    dropoff_agentdrop_free(client);
}

static void a_nonce_goes_to_the_file_it_is_for(void) {
    static const char *const nonces[] = {"AAAAAAAAAAAAAAAA", "AQEBAQEBAQEBAQEB", "AgICAgICAgICAgIC"};
    static const char *const names[] = {"a.bin", "b.bin", "c.bin"};
    const char *path = written("sealed", "sealed bytes and their tag", 26);
    dropoff_encryption encryption = DROPOFF_ENCRYPTION_INIT;
    dropoff_file files[] = {DROPOFF_FILE_INIT, DROPOFF_FILE_INIT, DROPOFF_FILE_INIT};
    dropoff_transfer transfer = transfer_of_files(files, 3);
    dropoff_transfer_plan *plan;
    int at;
    for (at = 0; at < 3; at++) {
        files[at].path = path;
        files[at].name = names[at];
        files[at].encryption_iv = nonces[at];
    }
    encryption.encrypted_key = ENCRYPTED_KEY;
    transfer.encrypt = &encryption;
    plan = planned(&transfer);
    CHECK(plan->files_count == 3 && strstr(plan->request_json, "0NHS") == NULL);
    for (at = 0; at < 3; at++) {
        const char *file = strstr(plan->request_json, names[at]);
        char wanted[64];
        CHECK(strcmp(plan->files[at]->name, names[at]) == 0 && plan->files[at]->bytes == 26);
        CHECK(file != NULL);
        sprintf(wanted, "\"encryption_iv\":\"%s\"", nonces[at]);
        file = strstr(file, "\"encryption_iv\"");
        CHECK(file != NULL && strncmp(file, wanted, strlen(wanted)) == 0);
    }
    dropoff_transfer_plan_free(plan);
}

/* -- plans */

static void parts_are_asked_for_or_not_or_left_to_the_size(void) {
    static const int choices[] = {DROPOFF_NO, DROPOFF_YES, DROPOFF_AUTO};
    static char bytes[1000];
    dropoff_options options = sandbox_options();
    dropoff_agentdrop_settings settings = DROPOFF_AGENTDROP_SETTINGS_INIT;
    dropoff_agentdrop *client = NULL;
    dropoff_file file = DROPOFF_FILE_INIT;
    dropoff_transfer transfer = transfer_of_files(&file, 1);
    dropoff_job *job = NULL;
    int way, size;
    options.multipart_threshold = 1000;
    settings.api_key = "k";
    settings.base_url = given("API_URL");
    settings.options = &options;
    MUST(dropoff_agentdrop_new(&settings, &client, &error));
    for (size = 999; size <= 1000; size++) {
        file.path = written("a", bytes, (size_t)size);
        for (way = 0; way < 3; way++) {
            dropoff_transfer_plan *plan = NULL, *again = NULL;
            dropoff_sent_transfer *sent = NULL;
            bool wanted = way == 2 ? size == 1000 : way == 1;
            transfer.multipart = choices[way];
            MUST(dropoff_agentdrop_start_plan(client, &transfer, &job, &error));
            MUST_FAIL(DROPOFF_INVALID_INPUT, "results in a transfer_plan",
                      dropoff_job_sent_transfer(job, &sent, &error));
            MUST(dropoff_job_transfer_plan(job, &plan, &error));
            MUST(dropoff_job_transfer_plan(job, &again, &error));
            CHECK(plan != again && sent == NULL);
            CHECK(plan->multipart == wanted);
            CHECK(plan->files[0]->parts == (wanted ? 1 : 0));
            CHECK((plan->files[0]->part_size != UINT64_MAX) == wanted);
            dropoff_transfer_plan_free(again);
            dropoff_transfer_plan_free(plan);
            dropoff_job_free(job);
            job = NULL;
        }
    }
    transfer.multipart = 3;
    MUST_FAIL(DROPOFF_INVALID_INPUT, "multipart is 3, which is no dropoff_choice",
              dropoff_agentdrop_start_plan(client, &transfer, &job, &error));
    CHECK(job == NULL);
    dropoff_agentdrop_free(client);
}

/* -- raw parts */

static void raw_parts_that_cannot_be_sent(void) {
    static const char *const urls[] = {"https://example.com/k?partNumber=1", "https://example.com/k?partNumber=3"};
    dropoff_options options = sandbox_options();
    dropoff_storage *storage = NULL;
    dropoff_source *source = copied("bytes", 5);
    dropoff_put_parts_request parts = DROPOFF_PUT_PARTS_REQUEST_INIT;
    dropoff_stored_parts *stored = NULL;
    dropoff_stored_object *object = NULL;
    dropoff_job *job = NULL;
    MUST(dropoff_storage_new(&options, &storage, &error));
    parts.source = source;
    MUST_FAIL(DROPOFF_INVALID_INPUT, "urls holds 0", dropoff_storage_put_parts(storage, &parts, &stored, &error));
    parts.urls = urls;
    parts.urls_count = 1;
    MUST_FAIL(DROPOFF_INVALID_INPUT, "this source was already used",
              dropoff_storage_put_parts(storage, &parts, &stored, &error));
    dropoff_source_free(source);

    /* A path can be given again. */
    parts.source = NULL;
    parts.path = written("parts", "bytes", 5);
    parts.part_size = 2;
    MUST_FAIL(DROPOFF_INVALID_INPUT, "in parts of 2 are 3 parts and 1 URLs were given",
              dropoff_storage_put_parts(storage, &parts, &stored, &error));
    parts.part_size = 0;
    parts.urls_count = 2;
    MUST(dropoff_storage_start_put_parts(storage, &parts, &job, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "place 2 is for part 3", dropoff_job_stored_parts(job, &stored, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "results in a stored_parts", dropoff_job_stored_object(job, &object, &error));
    dropoff_job_free(job);
    CHECK(stored == NULL && object == NULL);
    dropoff_storage_free(storage);
}

/* -- opening */

static dropoff_sealed_file sealed_at(const char *path) {
    dropoff_sealed_file sealed = DROPOFF_SEALED_FILE_INIT;
    sealed.path = path;
    sealed.sender_public_key = SENDER_PUBLIC;
    sealed.encrypted_key = ENCRYPTED_KEY;
    sealed.encryption_iv = ENCRYPTION_IV;
    return sealed;
}

static int entries_of(const char *path) {
    DIR *folder = opendir(path);
    int count = 0;
    CHECK(folder != NULL);
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count - 2;
}

static void a_sealed_file_opens_as_often_as_one_likes(void) {
    char path[4096];
    dropoff_sealed_file sealed = sealed_at(strcpy(path, written("vector", SEALED, sizeof SEALED)));
    dropoff_key_pair *pair = pair_of(RECIPIENT_PRIVATE), *wrong = pair_of(SENDER_PRIVATE);
    /* The second one is no UTF-8, and the third is below the home folder. */
    const char *const places[] = {"plain-1", "caf\xe9", "plain-3"};
    dropoff_opened_file *opened = NULL;
    dropoff_transfer_plan *plan = NULL;
    dropoff_job *job = NULL;
    size_t at;
    for (at = 0; at < 3; at++) {
        const char *to = in_home(places[at]);
        char held[sizeof PLAIN] = "";
        FILE *file;
        MUST(dropoff_start_open_sealed(&sealed, at == 2 ? "~/plain-3" : to, pair, &job, &error));
        MUST_FAIL(DROPOFF_INVALID_INPUT, "results in a opened_file", dropoff_job_transfer_plan(job, &plan, &error));
        MUST(dropoff_job_opened_file(job, &opened, &error));
        CHECK(strcmp(opened->path, to) == 0 && opened->bytes == strlen(PLAIN));
        file = fopen(to, "rb");
        CHECK(file != NULL && fread(held, 1, sizeof held, file) == strlen(PLAIN) && strcmp(held, PLAIN) == 0);
        fclose(file);
        dropoff_opened_file_free(opened);
        dropoff_job_free(job);
        opened = NULL;
        /* What is there is left alone, and the file outlives its result. */
        MUST_FAIL(DROPOFF_INVALID_INPUT, "there is something at",
                  dropoff_open_sealed(&sealed, to, pair, &opened, &error));
        CHECK(access(to, F_OK) == 0);
    }
    MUST_FAIL(DROPOFF_ENCRYPTION, "", dropoff_open_sealed(&sealed, in_home("never"), wrong, &opened, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "/nowhere",
              dropoff_open_sealed(&sealed, "/nowhere/at/all", pair, &opened, &error));
    CHECK(access(in_home("never"), F_OK) != 0 && opened == NULL);

    /* One that lacks what it needs says what. */
    sealed.sender_public_key = sealed.encrypted_key = sealed.encryption_iv = NULL;
    MUST_FAIL(DROPOFF_ENCRYPTION, "encrypted_key is missing",
              dropoff_open_sealed(&sealed, in_home("never"), pair, &opened, &error));
    sealed.sender_public_key = SENDER_PUBLIC;
    job = NULL;
    MUST_FAIL(DROPOFF_ENCRYPTION, "encrypted_key is missing",
              dropoff_start_open_sealed(&sealed, in_home("never"), pair, &job, &error));
    CHECK(job == NULL && opened == NULL && access(in_home("never"), F_OK) != 0);
    dropoff_key_pair_free(wrong);
    dropoff_key_pair_free(pair);
}

static void what_has_a_salt_opens_too(void) {
    dropoff_key_pair *pair = pair_of(RECIPIENT_PRIVATE);
    dropoff_opened_file *opened = NULL;
    int way;
    for (way = 0; way < 2; way++) {
        dropoff_sealed_file sealed = DROPOFF_SEALED_FILE_INIT;
        sealed.encryption_salt = SALT;
        if (way == 0) {
            sealed.path = written("channel", IN_A_CHANNEL, sizeof IN_A_CHANNEL);
            sealed.sender_public_key = SENDER_PUBLIC;
            sealed.encryption_iv = ENCRYPTION_IV;
        } else {
            sealed.path = written("person", FOR_A_PERSON, sizeof FOR_A_PERSON);
            sealed.encrypted_key = SENDER_PUBLIC;
        }
        MUST(dropoff_open_sealed(&sealed, in_home(way == 0 ? "channel.txt" : "person.txt"), pair, &opened, &error));
        CHECK(opened->bytes == strlen(PLAIN));
        dropoff_opened_file_free(opened);
        opened = NULL;
        sealed.encryption_salt = "bm8=";
        MUST_FAIL(DROPOFF_ENCRYPTION, "", dropoff_open_sealed(&sealed, in_home("never"), pair, &opened, &error));
        CHECK(opened == NULL && access(in_home("never"), F_OK) != 0);
    }
    dropoff_key_pair_free(pair);
}

static void opening_is_a_phase_and_what_is_not_whole_leaves_nothing(void) {
    enum { SIZE = 30000000 };
    char *bytes = calloc(SIZE, 1), path[4096];
    dropoff_sealed_file sealed = sealed_at(strcpy(path, written("zeros", bytes, SIZE)));
    dropoff_key_pair *pair = pair_of(RECIPIENT_PRIVATE);
    dropoff_opened_file *opened = NULL;
    dropoff_job *job = NULL;
    dropoff_progress progress;
    int seen = 0, way;
    free(bytes);
    CHECK(mkdir(in_home("out"), 0700) == 0);
    for (way = 0; way < 2; way++) {
        MUST(dropoff_start_open_sealed(&sealed, in_home("out/to"), pair, &job, &error));
        /* The call has copies of both. */
        if (way == 1) {
            memset(&sealed, 0x5a, sizeof sealed);
            memset(path, 0x5a, sizeof path);
            dropoff_key_pair_free(pair);
        }
        do {
            MUST(dropoff_job_progress(job, sizeof progress, &progress, &error));
            if (progress.phase == DROPOFF_PHASE_OPENING) {
                seen++;
                CHECK(progress.bytes_total == SIZE - 16 && progress.bytes_done <= SIZE - 16);
                CHECK(entries_of(in_home("out")) == 0);
                if (way == 1)
                    dropoff_job_cancel(job);
            } else {
                CHECK(progress.phase == DROPOFF_PHASE_PREPARING || progress.phase == DROPOFF_PHASE_DONE);
            }
        } while (!dropoff_job_is_done(job));
        if (way == 0)
            MUST_FAIL(DROPOFF_ENCRYPTION, "not what the sender sealed",
                      dropoff_job_opened_file(job, &opened, &error));
        else
            MUST_FAIL(DROPOFF_CANCELLED, "cancelled", dropoff_job_opened_file(job, &opened, &error));
        CHECK(seen > 0 && opened == NULL && entries_of(in_home("out")) == 0);
        dropoff_job_free(job);
        seen = 0;
    }
}

/* -- journals. Storage stalls. */

static void an_error_says_from_where_it_goes_on(void) {
    char *bytes = calloc(BIG, 1), journal[4096];
    dropoff_file file = DROPOFF_FILE_INIT;
    dropoff_transfer transfer = transfer_of_files(&file, 1);
    dropoff_agentdrop *client = sandbox_agentdrop();
    int way;
    file.path = written("big.bin", bytes, BIG);
    /* Raw bytes, as they came. */
    strcpy(journal, in_home("journal-\xe9"));
    free(bytes);
    for (way = 0; way < 2; way++) {
        dropoff_job *job = NULL;
        dropoff_progress progress;
        transfer.journal = way == 1 ? journal : NULL;
        MUST(dropoff_agentdrop_start_send(client, &transfer, &job, &error));
        do
            MUST(dropoff_job_progress(job, sizeof progress, &progress, &error));
        while (progress.phase != DROPOFF_PHASE_SENDING);
        dropoff_job_cancel(job);
        CHECK(dropoff_job_wait(job, &error) == DROPOFF_CANCELLED);
        CHECK(strcmp(dropoff_error_resource_kind(error), "transfer") == 0);
        CHECK(dropoff_error_resource_id(error) != NULL);
        if (way == 0) {
            CHECK(dropoff_error_journal(error) == NULL);
            CHECK(strstr(dropoff_error_to_json(error), "\"journal\":null") != NULL);
        } else {
            struct stat facts;
            CHECK(strcmp(dropoff_error_journal(error), journal) == 0);
            CHECK(strstr(dropoff_error_to_json(error), "\"journal\":\"") != NULL);
            CHECK(stat(journal, &facts) == 0 && (facts.st_mode & 0777) == 0600);
        }
        dropoff_error_free(error);
        error = NULL;
        dropoff_job_free(job);
    }
    dropoff_agentdrop_free(client);
}

static void a_presign_has_no_journal(void) {
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_transfer *transfer = transfer_of("a", "1", 1);
    dropoff_transfer_ticket *ticket = NULL;
    transfer->journal = in_home("journal");
    MUST_FAIL(DROPOFF_INVALID_INPUT, "leave journal out",
              dropoff_agentdrop_presign(client, transfer, &ticket, &error));
    CHECK(ticket == NULL && access(in_home("journal"), F_OK) != 0);
    transfer_free(transfer);
    dropoff_agentdrop_free(client);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        {"good:keys_go_out_and_in_again", keys_go_out_and_in_again},
        {"good:the_official_config_is_read", the_official_config_is_read},
        {"good:an_encryption_is_copied", an_encryption_is_copied},
        {"good:an_encryption_that_is_none_is_refused", an_encryption_that_is_none_is_refused},
        {"good:a_nonce_goes_to_the_file_it_is_for", a_nonce_goes_to_the_file_it_is_for},
        {"good:parts_are_asked_for_or_not_or_left_to_the_size", parts_are_asked_for_or_not_or_left_to_the_size},
        {"good:raw_parts_that_cannot_be_sent", raw_parts_that_cannot_be_sent},
        {"good:a_sealed_file_opens_as_often_as_one_likes", a_sealed_file_opens_as_often_as_one_likes},
        {"good:what_has_a_salt_opens_too", what_has_a_salt_opens_too},
        {"good:opening_is_a_phase_and_what_is_not_whole_leaves_nothing",
         opening_is_a_phase_and_what_is_not_whole_leaves_nothing},
        {"good:a_presign_has_no_journal", a_presign_has_no_journal},
        {"stall:an_error_says_from_where_it_goes_on", an_error_says_from_where_it_goes_on},
    };
    return RUN_TESTS(tests);
}
