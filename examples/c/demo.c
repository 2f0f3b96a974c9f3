/* The C half of `make demo`: both flows against a sandbox, no account needed. demo.sh builds it and starts
 * the sandbox, whose facts come in the environment; the argument is an empty folder to work in.
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
    static const dropoff_pair labels[] = {{"team", "demo"}};
    dropoff_hcompany_settings settings = DROPOFF_HCOMPANY_SETTINGS_INIT;
    dropoff_profile_upload upload = DROPOFF_PROFILE_UPLOAD_INIT;
    dropoff_hcompany *h = NULL;
    dropoff_profile *profile = NULL, *seen = NULL;

    printf("\nC: a browser profile\n");
    make_profile();
    settings.api_key = fact("H_API_KEY");
    settings.base_url = fact("API_URL");
    settings.options = options;
    must(dropoff_hcompany_new(&settings, &h, &error));
    upload.path = "chrome-profile";
    upload.name = "demo-login";
    upload.browser_name = "chromium";
    upload.browser_version = "131";
    upload.labels = labels;
    upload.labels_count = 1;
    must(dropoff_hcompany_upload_profile(h, &upload, &profile, &error));
    printf("  packed     %llu files, %llu locks and caches left out\n",
           (unsigned long long)profile->packed->files, (unsigned long long)profile->packed->left_out);
    printf("  id         %s\n", profile->id);
    printf("  bytes      %llu\n", (unsigned long long)profile->file_size_bytes);
    printf("  SHA-256    %s\n", profile->upload->sha256);
    printf("  verified: %s\n", profile->verified ? "true" : "false");
    must(!profile->verified || profile->upload->bytes != profile->file_size_bytes);
    must(dropoff_hcompany_get_profile(h, profile->id, &seen, &error));
    must(strcmp(seen->checksum, profile->upload->sha256));

    dropoff_profile_free(seen);
    dropoff_profile_free(profile);
    dropoff_hcompany_free(h);
}

/* The files are sealed here, for the recipient alone: storage and the service never see what is in them. */
static void sealed_transfer_of_two_files(const dropoff_options *options) {
    static const char rows[] = "a,b\n1,2\n";
    dropoff_agentdrop_settings settings = DROPOFF_AGENTDROP_SETTINGS_INIT;
    dropoff_encryption sealing = DROPOFF_ENCRYPTION_INIT;
    dropoff_file files[] = {DROPOFF_FILE_INIT, DROPOFF_FILE_INIT};
    dropoff_transfer transfer = DROPOFF_TRANSFER_INIT;
    dropoff_key_pair *sender = NULL, *recipient = NULL;
    dropoff_source *memory = NULL;
    dropoff_agentdrop *d = NULL;
    dropoff_sent_transfer *sent = NULL;
    dropoff_transfer_info *info = NULL;

    printf("\nC: a sealed transfer of two files\n");
    write_file("report.pdf", "%PDF-1.7\n", 3000000);
    /* In earnest each agent has its own pair, kept by the official SDK in ~/.agentdrop, and the sender knows
     * the recipient's public key, or leaves it out to trust the service with that. */
    must(dropoff_key_pair_generate(&sender, &error));
    must(dropoff_key_pair_generate(&recipient, &error));
    sealing.key_pair = sender;
    sealing.recipient_public_key = dropoff_key_pair_public_key(recipient);
    must(dropoff_source_from_memory((const uint8_t *)rows, strlen(rows), NULL, NULL, &memory, &error));
    files[0].path = "report.pdf";
    files[1].source = memory;
    files[1].name = "rows.csv";
    transfer.sender = "data-pipeline";
    transfer.recipient = "analysis-agent";
    transfer.files = files;
    transfer.files_count = 2;
    transfer.encrypt = &sealing;
    settings.api_key = fact("AGENTDROP_API_KEY");
    settings.base_url = fact("API_URL");
    settings.options = options;
    must(dropoff_agentdrop_new(&settings, &d, &error));
    must(dropoff_agentdrop_send(d, &transfer, &sent, &error));
    printf("  id         %s\n", sent->id);
    for (size_t i = 0; i < sent->files_count; i++) {
        const dropoff_sent_file *file = sent->files[i];
        printf("  %-10s %llu bytes sealed, ETag %s, verified: %s\n", file->name,
               (unsigned long long)file->bytes, file->etag, file->verified ? "true" : "false");
        must(!file->verified);
    }
    printf("  sealed for %s (the word of the %s)\n", sent->recipient_key_fingerprint, sent->recipient_key_source);
    must(!sent->encrypted);
    must(strcmp(sent->recipient_key_fingerprint, fingerprint_of(dropoff_key_pair_public_key(recipient))));
    must(dropoff_agentdrop_get_transfer(d, sent->id, &info, &error));
    printf("  status     %s (as the service reports it)\n", info->status);
    must(strcmp(info->status, "active"));

    dropoff_transfer_info_free(info);
    dropoff_sent_transfer_free(sent);
    dropoff_agentdrop_free(d);
    dropoff_source_free(memory);
    dropoff_key_pair_free(recipient);
    dropoff_key_pair_free(sender);
}

int main(int argc, char **argv) {
    dropoff_options options = DROPOFF_OPTIONS_INIT;
    const char *storage;
    if (argc != 2 || chdir(argv[1]) != 0) {
        fprintf(stderr, "usage: %s EMPTY-FOLDER\n", argv[0]);
        return 2;
    }
    /* The sandbox's storage is on loopback and speaks plain http, which has to be allowed by name. */
    storage = fact("STORAGE_URL");
    options.trusted_storage = &storage;
    options.trusted_storage_count = 1;
    browser_profile(&options);
    sealed_transfer_of_two_files(&options);
    printf("\nAll arrived.\n");
    return 0;
}
