/* Keys, sealing, dry runs, journals, parts and opening: the edges that the scenarios, which make whole calls, do not
 * reach. */
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

/* -- what is sealed, seen by dry runs */

static dropoff_encryption *sealing(void) {
    dropoff_key_pair *pair = pair_of(SENDER_PRIVATE);
    dropoff_encryption *encryption = NULL;
    MUST(dropoff_encryption_new(pair, &encryption, &error));
    /* It has a copy. */
    dropoff_key_pair_free(pair);
    return encryption;
}

/* Uses the transfer up, and frees it. */
static dropoff_transfer_plan *planned(dropoff_transfer *transfer) {
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_transfer_plan *plan = NULL;
    MUST(dropoff_agentdrop_plan(client, transfer, &plan, &error));
    dropoff_agentdrop_free(client);
    dropoff_transfer_free(transfer);
    return plan;
}

static void an_encryption_is_copied(void) {
    dropoff_encryption *encryption = sealing();
    dropoff_transfer *transfer = transfer_of("a.txt", "12345", 5);
    dropoff_transfer_plan *plan;
    MUST(dropoff_transfer_set_encryption(transfer, encryption, &error));
    /* Too late for the first, and in time for the second. */
    MUST(dropoff_encryption_set_algorithm(encryption, "canary-algorithm", &error));
    plan = planned(transfer);
    CHECK(dropoff_transfer_plan_encrypted(plan) && dropoff_transfer_plan_total_bytes(plan) == 5 + 16);
    CHECK(strstr(dropoff_transfer_plan_request_json(plan), "X25519-HKDF-AES-256-GCM") != NULL);
    CHECK(strstr(dropoff_transfer_plan_request_json(plan), "[hidden]") != NULL);
    CHECK(strstr(dropoff_transfer_plan_to_json(plan), SENDER_PRIVATE) == NULL);
    dropoff_transfer_plan_free(plan);

    transfer = transfer_of("a.txt", "12345", 5);
    MUST(dropoff_transfer_set_encryption(transfer, encryption, &error));
    dropoff_encryption_free(encryption);
    plan = planned(transfer);
    CHECK(strstr(dropoff_transfer_plan_request_json(plan), "canary-algorithm") != NULL);
    dropoff_transfer_plan_free(plan);

    plan = planned(transfer_of("a.txt", "12345", 5));
    CHECK(!dropoff_transfer_plan_encrypted(plan) && dropoff_transfer_plan_files_size(plan, 0) == 5);
    CHECK(strcmp(dropoff_transfer_plan_files_content_type(plan, 0), "text/plain") == 0);
    CHECK(strstr(dropoff_transfer_plan_request_json(plan), "encrypted_key") == NULL);
    dropoff_transfer_plan_free(plan);
}

static void a_refused_key_leaves_the_encryption_as_it_was(void) {
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_encryption *encryption = sealing();
    dropoff_encryption *presealed = NULL;
    dropoff_transfer *transfer = transfer_of("a.txt", "12345", 5);
    dropoff_sent_transfer *sent = NULL;
    MUST(dropoff_encryption_set_recipient_public_key(encryption, RECIPIENT_PUBLIC, &error));
    MUST_FAIL(DROPOFF_ENCRYPTION, "is not the base64 of 32 bytes",
              dropoff_encryption_set_recipient_public_key(encryption, "bm8=", &error));
    MUST(dropoff_transfer_set_encryption(transfer, encryption, &error));
    /* The recipient is nobody whom the service knows, so only the first key can be meant. */
    MUST(dropoff_agentdrop_send(client, transfer, &sent, &error));
    CHECK(dropoff_sent_transfer_encrypted(sent));
    CHECK(strcmp(dropoff_sent_transfer_recipient_key_source(sent), "caller") == 0);
    CHECK(strlen(dropoff_sent_transfer_recipient_key_fingerprint(sent)) == 64);
    CHECK(dropoff_sent_files_size(dropoff_sent_transfer_files(sent), 0) == 5 + 16);
    dropoff_sent_transfer_free(sent);
    dropoff_transfer_free(transfer);

    MUST(dropoff_encryption_presealed(ENCRYPTED_KEY, &presealed, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "recipient_public_key",
              dropoff_encryption_set_recipient_public_key(presealed, RECIPIENT_PUBLIC, &error));
    /* It still is what it was: one that wants a nonce for each file. */
    transfer = transfer_of("a.txt", "12345", 5);
    MUST(dropoff_transfer_set_encryption(transfer, presealed, &error));
    sent = NULL;
    MUST_FAIL(DROPOFF_ENCRYPTION, "encryption_iv", dropoff_agentdrop_send(client, transfer, &sent, &error));
    CHECK(sent == NULL);
    dropoff_transfer_free(transfer);

    MUST(dropoff_encryption_set_algorithm(encryption, " ", &error));
    transfer = transfer_of("a.txt", "12345", 5);
    MUST(dropoff_transfer_set_encryption(transfer, encryption, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "algorithm is empty",
              dropoff_agentdrop_send(client, transfer, &sent, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "already used", dropoff_transfer_set_encryption(transfer, encryption, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "already used", dropoff_transfer_set_multipart(transfer, true, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "already used", dropoff_transfer_set_journal(transfer, "j", &error));
    dropoff_transfer_free(transfer);
    dropoff_encryption_free(presealed);
    dropoff_encryption_free(encryption);
    dropoff_agentdrop_free(client);
}

static void a_nonce_goes_to_the_file_it_is_for(void) {
    static const char one[] = "AAAAAAAAAAAAAAAA", two[] = "AQEBAQEBAQEBAQEB", three[] = "AgICAgICAgICAgIC";
    dropoff_encryption *encryption = NULL;
    dropoff_transfer *transfer = NULL;
    dropoff_transfer_plan *plan;
    dropoff_files *files = NULL;
    const char *request;
    char name[] = "a.bin", wanted[64];
    int at;
    MUST(dropoff_transfer_new("a", "b", &transfer, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "index is 0 and 0 files were added",
              dropoff_transfer_set_file_encryption_iv(transfer, 0, one, &error));
    for (at = 0; at < 3; at++, name[0]++) {
        dropoff_source *source = copied("sealed bytes and their tag", 26);
        MUST(dropoff_transfer_add_file(transfer, source, name, NULL, &error));
        dropoff_source_free(source);
    }
    MUST_FAIL(DROPOFF_INVALID_INPUT, "index is 3 and 3 files",
              dropoff_transfer_set_file_encryption_iv(transfer, 3, one, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "count from 0",
              dropoff_transfer_set_file_encryption_iv(transfer, SIZE_MAX, one, &error));
    /* In any order, and the last word counts. */
    MUST(dropoff_transfer_set_file_encryption_iv(transfer, 1, one, &error));
    MUST(dropoff_transfer_set_file_encryption_iv(transfer, 2, three, &error));
    MUST(dropoff_transfer_set_file_encryption_iv(transfer, 0, one, &error));
    MUST(dropoff_transfer_set_file_encryption_iv(transfer, 1, two, &error));
    MUST(dropoff_encryption_presealed(ENCRYPTED_KEY, &encryption, &error));
    MUST(dropoff_transfer_set_encryption(transfer, encryption, &error));
    plan = planned(transfer);
    request = dropoff_transfer_plan_request_json(plan);
    CHECK(strstr(request, "0NHS") == NULL);
    for (at = 0; at < 3; at++) {
        const char *const nonces[] = {one, two, three};
        const char *file;
        name[0] = (char)('a' + at);
        CHECK(strcmp(dropoff_transfer_plan_files_name(plan, (size_t)at), name) == 0);
        file = strstr(request, name);
        CHECK(file != NULL);
        sprintf(wanted, "\"encryption_iv\":\"%s\"", nonces[at]);
        file = strstr(file, "\"encryption_iv\"");
        CHECK(file != NULL && strncmp(file, wanted, strlen(wanted)) == 0);
        CHECK(dropoff_transfer_plan_files_size(plan, (size_t)at) == 26);
    }
    dropoff_transfer_plan_free(plan);

    MUST(dropoff_files_new(&files, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "index is 0 and 0 files",
              dropoff_files_set_encryption_iv(files, 0, one, &error));
    dropoff_files_free(files);
    dropoff_encryption_free(encryption);
}

/* -- dry runs */

static void parts_are_asked_for_or_not_or_left_to_the_size(void) {
    static char bytes[1000];
    dropoff_options *options = sandbox_options();
    dropoff_agentdrop *client = NULL;
    int way, size;
    MUST(dropoff_options_set_number(options, "multipart_threshold", 1000, &error));
    MUST(dropoff_agentdrop_new("k", given("API_URL"), options, &client, &error));
    for (size = 999; size <= 1000; size++) {
        for (way = 0; way < 3; way++) {
            dropoff_transfer *transfer = transfer_of("a", bytes, (size_t)size);
            dropoff_transfer_plan *plan = NULL, *again = NULL;
            dropoff_sent_transfer *sent = NULL;
            dropoff_job *job = NULL;
            bool wanted = way == 2 ? size == 1000 : way == 1;
            if (way < 2)
                MUST(dropoff_transfer_set_multipart(transfer, way == 1, &error));
            MUST(dropoff_agentdrop_start_plan(client, transfer, &job, &error));
            MUST_FAIL(DROPOFF_INVALID_INPUT, "results in a transfer_plan",
                      dropoff_job_sent_transfer(job, &sent, &error));
            MUST(dropoff_job_transfer_plan(job, &plan, &error));
            MUST(dropoff_job_transfer_plan(job, &again, &error));
            CHECK(plan != again && sent == NULL);
            CHECK(dropoff_transfer_plan_multipart(plan) == wanted);
            CHECK(dropoff_transfer_plan_files_parts(plan, 0) == (wanted ? 1 : 0));
            CHECK((dropoff_transfer_plan_files_part_size(plan, 0) > 0) == wanted);
            dropoff_transfer_plan_free(again);
            dropoff_transfer_plan_free(plan);
            dropoff_job_free(job);
            dropoff_transfer_free(transfer);
        }
    }
    dropoff_agentdrop_free(client);
    dropoff_options_free(options);
}

/* -- raw parts */

static void raw_parts_that_cannot_be_sent(void) {
    dropoff_options *options = sandbox_options();
    dropoff_storage *storage = NULL;
    dropoff_source *source = copied("bytes", 5);
    dropoff_put_parts *parts = NULL, *none = NULL;
    dropoff_stored_parts *stored = NULL;
    dropoff_stored_object *object = NULL;
    dropoff_job *job = NULL;
    int way;
    MUST(dropoff_storage_new(options, &storage, &error));
    MUST(dropoff_put_parts_new(source, &parts, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "this source was already used", dropoff_put_parts_new(source, &none, &error));
    CHECK(none == NULL);
    MUST_FAIL(DROPOFF_INVALID_INPUT, "urls holds 0", dropoff_storage_put_parts(storage, parts, &stored, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "this put_parts was already used",
              dropoff_put_parts_add_url(parts, "https://example.com/k", &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "already used", dropoff_put_parts_set_part_size(parts, 5, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "already used", dropoff_put_parts_set_timeout_ms(parts, 5, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "already used", dropoff_storage_put_parts(storage, parts, &stored, &error));
    dropoff_put_parts_free(parts);
    dropoff_source_free(source);

    for (way = 0; way < 3; way++) {
        source = copied("bytes", 5);
        MUST(dropoff_put_parts_new(source, &parts, &error));
        MUST(dropoff_put_parts_add_url(parts, "https://example.com/k?partNumber=1", &error));
        if (way == 0) {
            MUST(dropoff_put_parts_set_part_size(parts, 0, &error));
            MUST_FAIL(DROPOFF_INVALID_INPUT, "part_size", dropoff_storage_put_parts(storage, parts, &stored, &error));
        } else if (way == 1) {
            MUST(dropoff_put_parts_set_timeout_ms(parts, 0, &error));
            MUST_FAIL(DROPOFF_INVALID_INPUT, "timeout",
                      dropoff_storage_start_put_parts(storage, parts, &job, &error));
        } else {
            MUST(dropoff_put_parts_add_url(parts, "https://example.com/k?partNumber=3", &error));
            MUST(dropoff_storage_start_put_parts(storage, parts, &job, &error));
            MUST_FAIL(DROPOFF_INVALID_INPUT, "place 2 is for part 3",
                      dropoff_job_stored_parts(job, &stored, &error));
            MUST_FAIL(DROPOFF_INVALID_INPUT, "results in a stored_parts",
                      dropoff_job_stored_object(job, &object, &error));
            dropoff_job_free(job);
        }
        dropoff_put_parts_free(parts);
        dropoff_source_free(source);
    }
    CHECK(stored == NULL && object == NULL);
    dropoff_storage_free(storage);
    dropoff_options_free(options);
}

/* -- opening */

static dropoff_sealed_file *sealed_at(const char *path) {
    dropoff_sealed_file *sealed = NULL;
    MUST(dropoff_sealed_file_new(path, &sealed, &error));
    MUST(dropoff_sealed_file_set_sender_public_key(sealed, SENDER_PUBLIC, &error));
    MUST(dropoff_sealed_file_set_encrypted_key(sealed, ENCRYPTED_KEY, &error));
    MUST(dropoff_sealed_file_set_encryption_iv(sealed, ENCRYPTION_IV, &error));
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
    dropoff_sealed_file *sealed = sealed_at(written("vector", SEALED, sizeof SEALED));
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
        MUST(dropoff_start_open_sealed(sealed, at == 2 ? "~/plain-3" : to, pair, &job, &error));
        MUST_FAIL(DROPOFF_INVALID_INPUT, "results in a opened_file", dropoff_job_transfer_plan(job, &plan, &error));
        MUST(dropoff_job_opened_file(job, &opened, &error));
        CHECK(strcmp(dropoff_opened_file_path(opened), to) == 0);
        CHECK(dropoff_opened_file_bytes(opened) == strlen(PLAIN));
        file = fopen(to, "rb");
        CHECK(file != NULL && fread(held, 1, sizeof held, file) == strlen(PLAIN) && strcmp(held, PLAIN) == 0);
        fclose(file);
        dropoff_opened_file_free(opened);
        dropoff_job_free(job);
        opened = NULL;
        /* What is there is left alone, and the file outlives its handle. */
        MUST_FAIL(DROPOFF_INVALID_INPUT, "there is something at",
                  dropoff_open_sealed(sealed, to, pair, &opened, &error));
        CHECK(access(to, F_OK) == 0);
    }
    MUST_FAIL(DROPOFF_ENCRYPTION, "", dropoff_open_sealed(sealed, in_home("never"), wrong, &opened, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "/nowhere", dropoff_open_sealed(sealed, "/nowhere/at/all", pair, &opened, &error));
    CHECK(access(in_home("never"), F_OK) != 0 && opened == NULL);
    dropoff_sealed_file_free(sealed);

    /* One that lacks what it needs says what. */
    MUST(dropoff_sealed_file_new(in_home("vector"), &sealed, &error));
    MUST_FAIL(DROPOFF_ENCRYPTION, "encrypted_key is missing",
              dropoff_open_sealed(sealed, in_home("never"), pair, &opened, &error));
    MUST(dropoff_sealed_file_set_sender_public_key(sealed, SENDER_PUBLIC, &error));
    job = NULL;
    MUST_FAIL(DROPOFF_ENCRYPTION, "encrypted_key is missing",
              dropoff_start_open_sealed(sealed, in_home("never"), pair, &job, &error));
    CHECK(job == NULL && opened == NULL && access(in_home("never"), F_OK) != 0);
    dropoff_sealed_file_free(sealed);
    dropoff_key_pair_free(wrong);
    dropoff_key_pair_free(pair);
}

static void what_has_a_salt_opens_too(void) {
    dropoff_key_pair *pair = pair_of(RECIPIENT_PRIVATE);
    dropoff_sealed_file *sealed = NULL;
    dropoff_opened_file *opened = NULL;
    int way;
    for (way = 0; way < 2; way++) {
        const char *path = way == 0 ? written("channel", IN_A_CHANNEL, sizeof IN_A_CHANNEL)
                                    : written("person", FOR_A_PERSON, sizeof FOR_A_PERSON);
        MUST(dropoff_sealed_file_new(path, &sealed, &error));
        MUST(dropoff_sealed_file_set_encryption_salt(sealed, SALT, &error));
        if (way == 0) {
            MUST(dropoff_sealed_file_set_sender_public_key(sealed, SENDER_PUBLIC, &error));
            MUST(dropoff_sealed_file_set_encryption_iv(sealed, ENCRYPTION_IV, &error));
        } else {
            MUST(dropoff_sealed_file_set_encrypted_key(sealed, SENDER_PUBLIC, &error));
        }
        MUST(dropoff_open_sealed(sealed, in_home(way == 0 ? "channel.txt" : "person.txt"), pair, &opened, &error));
        CHECK(dropoff_opened_file_bytes(opened) == strlen(PLAIN));
        dropoff_opened_file_free(opened);
        opened = NULL;
        MUST(dropoff_sealed_file_set_encryption_salt(sealed, "bm8=", &error));
        CHECK(dropoff_open_sealed(sealed, in_home("never"), pair, &opened, &error) == DROPOFF_ENCRYPTION);
        dropoff_error_free(error);
        error = NULL;
        CHECK(opened == NULL && access(in_home("never"), F_OK) != 0);
        dropoff_sealed_file_free(sealed);
    }
    dropoff_key_pair_free(pair);
}

static void opening_is_a_phase_and_what_is_not_whole_leaves_nothing(void) {
    enum { SIZE = 30000000 };
    char *bytes = calloc(SIZE, 1);
    const char *path = written("zeros", bytes, SIZE);
    dropoff_sealed_file *sealed = sealed_at(path);
    dropoff_key_pair *pair = pair_of(RECIPIENT_PRIVATE);
    dropoff_opened_file *opened = NULL;
    dropoff_job *job = NULL;
    dropoff_progress progress;
    int seen = 0, way;
    free(bytes);
    CHECK(mkdir(in_home("out"), 0700) == 0);
    for (way = 0; way < 2; way++) {
        MUST(dropoff_start_open_sealed(sealed, in_home("out/to"), pair, &job, &error));
        /* The call has copies of both. */
        if (way == 1) {
            dropoff_sealed_file_free(sealed);
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
    char *bytes = calloc(BIG, 1);
    const char *path = written("big.bin", bytes, BIG);
    /* Raw bytes, as they came. */
    const char *journal = in_home("journal-\xe9");
    dropoff_agentdrop *client = sandbox_agentdrop();
    int way;
    free(bytes);
    for (way = 0; way < 2; way++) {
        dropoff_source *source = NULL;
        dropoff_transfer *transfer = NULL;
        dropoff_job *job = NULL;
        dropoff_progress progress;
        MUST(dropoff_source_from_path(path, &source, &error));
        MUST(dropoff_transfer_new("sender-agent", "recipient-agent", &transfer, &error));
        MUST(dropoff_transfer_add_file(transfer, source, NULL, NULL, &error));
        if (way == 1)
            MUST(dropoff_transfer_set_journal(transfer, journal, &error));
        MUST(dropoff_agentdrop_start_send(client, transfer, &job, &error));
        do
            MUST(dropoff_job_progress(job, sizeof progress, &progress, &error));
        while (progress.phase != DROPOFF_PHASE_SENDING);
        dropoff_job_cancel(job);
        CHECK(dropoff_job_wait(job, &error) == DROPOFF_CANCELLED);
        CHECK(dropoff_error_transfer_id(error) != NULL);
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
        dropoff_transfer_free(transfer);
        dropoff_source_free(source);
    }
    dropoff_agentdrop_free(client);
}

static void a_presign_has_no_journal(void) {
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_transfer *transfer = transfer_of("a", "1", 1);
    dropoff_transfer_ticket *ticket = NULL;
    MUST(dropoff_transfer_set_journal(transfer, in_home("journal"), &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "leave journal out",
              dropoff_agentdrop_presign(client, transfer, &ticket, &error));
    CHECK(ticket == NULL && access(in_home("journal"), F_OK) != 0);
    dropoff_transfer_free(transfer);
    dropoff_agentdrop_free(client);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        {"good:keys_go_out_and_in_again", keys_go_out_and_in_again},
        {"good:the_official_config_is_read", the_official_config_is_read},
        {"good:an_encryption_is_copied", an_encryption_is_copied},
        {"good:a_refused_key_leaves_the_encryption_as_it_was", a_refused_key_leaves_the_encryption_as_it_was},
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
