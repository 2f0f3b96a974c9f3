/* Sends files to another agent.
 *
 *     cc send_files.c $(pkg-config --cflags --libs dropoff) && ./a.out report.pdf rows.csv
 */
#include <dropoff.h>
#include <stdio.h>

int main(int argc, char **argv) {
    dropoff_error *error = NULL;
    dropoff_agentdrop *d = NULL;
    dropoff_transfer *transfer = NULL;
    dropoff_sent_transfer *sent = NULL;
    int failed = dropoff_agentdrop_new(NULL, NULL, NULL, &d, &error) // AGENTDROP_API_KEY
                 || dropoff_transfer_new("data-pipeline", "analysis-agent", &transfer, &error)
                 || dropoff_transfer_set_expires_in(transfer, "12h", &error);
    for (int i = 1; i < argc && !failed; i++) {
        dropoff_source *source = NULL;
        failed = dropoff_source_from_path(argv[i], &source, &error)
                 || dropoff_transfer_add_file(transfer, source, NULL, NULL, &error);
        dropoff_source_free(source);
    }
    failed = failed || dropoff_agentdrop_send(d, transfer, &sent, &error);
    if (failed)
        fprintf(stderr, "%s\n", dropoff_error_message(error));
    else
        printf("%s is %s\n", dropoff_sent_transfer_id(sent), dropoff_sent_transfer_status(sent));
    dropoff_sent_transfer_free(sent);
    dropoff_transfer_free(transfer);
    dropoff_agentdrop_free(d);
    dropoff_error_free(error);
    return failed;
}
