/* Sends files to another agent.
 *
 *     cc send_files.c $(pkg-config --cflags --libs dropoff) && ./a.out report.pdf rows.csv
 */
#include <dropoff.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    dropoff_error *error = NULL;
    dropoff_agentdrop *d = NULL;
    dropoff_sent_transfer *sent = NULL;
    dropoff_file *files = malloc((size_t)argc * sizeof *files);
    dropoff_transfer transfer = DROPOFF_TRANSFER_INIT;
    if (files == NULL)
        return 1;
    for (int i = 1; i < argc; i++)
        files[i - 1] = (dropoff_file){.size = sizeof *files, .path = argv[i]};
    transfer.sender = "data-pipeline";
    transfer.recipient = "analysis-agent";
    transfer.files = files;
    transfer.files_count = (size_t)argc - 1;
    transfer.expires_in = "12h";
    int failed = dropoff_agentdrop_new(NULL, &d, &error) // AGENTDROP_API_KEY
                 || dropoff_agentdrop_send(d, &transfer, &sent, &error);
    if (failed)
        fprintf(stderr, "%s\n", dropoff_error_message(error));
    else
        printf("%s is %s\n", sent->id, sent->status);
    dropoff_sent_transfer_free(sent);
    free(files);
    dropoff_agentdrop_free(d);
    dropoff_error_free(error);
    return failed;
}
