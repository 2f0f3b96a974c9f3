/* The C half of `make demo`: both flows against a sandbox, no account needed. demo.sh builds it and starts the
 * sandbox, whose facts come in the environment; the argument is an empty folder to work in.
 */
#define _POSIX_C_SOURCE 200809L

#include <dropoff.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static dropoff_error *error = NULL;

/* Ends the demo if a call failed, with what the error says. */
static void must(int failed) {
    if (failed) {
        fprintf(stderr, "%s\n", error ? dropoff_error_message(error) : "the demo is wrong about what came back");
        exit(1);
    }
}

static const char *fact(const char *name) {
    const char *value = getenv(name);
    if (value == NULL) {
        fprintf(stderr, "%s is not set; run examples/c/demo.sh\n", name);
        exit(2);
    }
    return value;
}

static void write_file(const char *path, const char *text, size_t zeros) {
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    fwrite(text, 1, strlen(text), file);
    while (zeros-- > 0)
        fputc(0, file);
    fclose(file);
}

/* What sha256sum says of a public key: its fingerprint, as anybody can compute it. */
static const char *fingerprint_of(const char *public_key) {
    static char digest[65];
    char command[100];
    FILE *output;
    snprintf(command, sizeof command, "printf %%s '%s' | base64 -d | sha256sum", public_key);
    output = popen(command, "r");
    must(output == NULL || fscanf(output, "%64s", digest) != 1);
    pclose(output);
    return digest;
}

/* A folder with what a browser's user-data folder has: state, locks and caches. */
static void make_profile(void) {
    mkdir("chrome-profile", 0700);
    mkdir("chrome-profile/Default", 0700);
    mkdir("chrome-profile/Default/Network", 0700);
    mkdir("chrome-profile/Default/Cache", 0700);
    write_file("chrome-profile/Local State", "{}", 0);
    write_file("chrome-profile/Default/Preferences", "{\"profile\": {\"name\": \"demo\"}}", 0);
    write_file("chrome-profile/Default/Network/Cookies", "SQLite format 3", 20001);
    write_file("chrome-profile/Default/Cache/data_0", "", 500000);
    must(symlink("demo-host-4711", "chrome-profile/SingletonLock"));
}

static void browser_profile(const dropoff_options *options) {
    dropoff_hcompany *h = NULL;
    dropoff_source *source = NULL;
    dropoff_profile_upload *upload = NULL;
    dropoff_profile *profile = NULL, *seen = NULL;
    const dropoff_stored_object *stored;
    uint64_t size = 0;

    printf("\nC: a browser profile\n");
    make_profile();
    must(dropoff_hcompany_new(fact("H_API_KEY"), NULL, fact("API_URL"), options, &h, &error));
    must(dropoff_source_from_path("chrome-profile", &source, &error));
    must(dropoff_profile_upload_new(source, "demo-login", &upload, &error));
    must(dropoff_profile_upload_set_browser(upload, "chromium", "131", &error));
    must(dropoff_profile_upload_add_label(upload, "team", "demo", &error));
    must(dropoff_hcompany_upload_profile(h, upload, &profile, &error));
    stored = dropoff_profile_stored_object(profile);
    printf("  packed     %llu files, %llu locks and caches left out\n",
           (unsigned long long)dropoff_profile_packed_files(profile),
           (unsigned long long)dropoff_profile_packed_left_out(profile));
    printf("  id         %s\n", dropoff_profile_id(profile));
    must(!dropoff_profile_file_size_bytes(profile, &size));
    printf("  bytes      %llu\n", (unsigned long long)size);
    printf("  SHA-256    %s\n", dropoff_stored_object_sha256(stored));
    printf("  verified: %s\n", dropoff_profile_verified(profile) ? "true" : "false");
    must(!dropoff_profile_verified(profile) || dropoff_stored_object_bytes(stored) != size);
    must(dropoff_hcompany_get_profile(h, dropoff_profile_id(profile), &seen, &error));
    must(strcmp(dropoff_profile_checksum(seen), dropoff_stored_object_sha256(stored)));

    dropoff_profile_free(seen);
    dropoff_profile_free(profile);
    dropoff_profile_upload_free(upload);
    dropoff_source_free(source);
    dropoff_hcompany_free(h);
}

/* The files are sealed here, for the recipient alone: storage and the service never see what is in them. */
static void sealed_transfer_of_two_files(const dropoff_options *options) {
    static const char rows[] = "a,b\n1,2\n";
    dropoff_key_pair *sender = NULL, *recipient = NULL;
    dropoff_encryption *encryption = NULL;
    dropoff_agentdrop *d = NULL;
    dropoff_source *report = NULL, *memory = NULL;
    dropoff_transfer *transfer = NULL;
    dropoff_sent_transfer *sent = NULL;
    dropoff_transfer_info *info = NULL;
    const dropoff_sent_files *files;

    printf("\nC: a sealed transfer of two files\n");
    write_file("report.pdf", "%PDF-1.7\n", 3000000);
    /* In earnest each agent has its own pair, kept by the official SDK in ~/.agentdrop, and the sender knows the
     * recipient's public key, or leaves it out to trust the service with that. */
    must(dropoff_key_pair_generate(&sender, &error));
    must(dropoff_key_pair_generate(&recipient, &error));
    must(dropoff_encryption_new(sender, &encryption, &error));
    must(dropoff_encryption_set_recipient_public_key(encryption, dropoff_key_pair_public_key(recipient), &error));
    must(dropoff_agentdrop_new(fact("AGENTDROP_API_KEY"), fact("API_URL"), options, &d, &error));
    must(dropoff_source_from_path("report.pdf", &report, &error));
    must(dropoff_source_from_memory((const uint8_t *)rows, strlen(rows), NULL, NULL, &memory, &error));
    must(dropoff_transfer_new("data-pipeline", "analysis-agent", &transfer, &error));
    must(dropoff_transfer_add_file(transfer, report, NULL, NULL, &error));
    must(dropoff_transfer_add_file(transfer, memory, "rows.csv", NULL, &error));
    must(dropoff_transfer_set_encryption(transfer, encryption, &error));
    must(dropoff_agentdrop_send(d, transfer, &sent, &error));
    printf("  id         %s\n", dropoff_sent_transfer_id(sent));
    files = dropoff_sent_transfer_files(sent);
    for (size_t i = 0; i < dropoff_sent_files_count(files); i++) {
        printf("  %-10s %llu bytes sealed, ETag %s, verified: %s\n", dropoff_sent_files_name(files, i),
               (unsigned long long)dropoff_sent_files_size(files, i), dropoff_sent_files_etag(files, i),
               dropoff_sent_files_verified(files, i) ? "true" : "false");
        must(!dropoff_sent_files_verified(files, i));
    }
    printf("  sealed for %s (the word of the %s)\n", dropoff_sent_transfer_recipient_key_fingerprint(sent),
           dropoff_sent_transfer_recipient_key_source(sent));
    must(!dropoff_sent_transfer_encrypted(sent));
    must(strcmp(dropoff_sent_transfer_recipient_key_fingerprint(sent),
                fingerprint_of(dropoff_key_pair_public_key(recipient))));
    must(dropoff_agentdrop_get_transfer(d, dropoff_sent_transfer_id(sent), &info, &error));
    printf("  status     %s (as the service reports it)\n", dropoff_transfer_info_status(info));
    must(strcmp(dropoff_transfer_info_status(info), "active"));

    dropoff_transfer_info_free(info);
    dropoff_sent_transfer_free(sent);
    dropoff_transfer_free(transfer);
    dropoff_source_free(memory);
    dropoff_source_free(report);
    dropoff_encryption_free(encryption);
    dropoff_key_pair_free(recipient);
    dropoff_key_pair_free(sender);
    dropoff_agentdrop_free(d);
}

int main(int argc, char **argv) {
    dropoff_options *options = NULL;
    if (argc != 2 || chdir(argv[1]) != 0) {
        fprintf(stderr, "usage: %s EMPTY-FOLDER\n", argv[0]);
        return 2;
    }
    must(dropoff_options_new(&options, &error));
    /* The sandbox's storage is on loopback and speaks plain http, which has to be allowed by name. */
    must(dropoff_options_add_text(options, "trusted_storage", fact("STORAGE_URL"), &error));
    browser_profile(options);
    sealed_transfer_of_two_files(options);
    dropoff_options_free(options);
    printf("\nAll arrived.\n");
    return 0;
}
