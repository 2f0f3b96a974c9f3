// The header in C++, in two files of one program: nothing is defined in it, and every struct can be begun.
#include <dropoff.h>
#include <dropoff.h>

const char *version_of_two();

static bool each_begins_with_its_size() {
    const dropoff_pack pack = DROPOFF_PACK_INIT;
    const dropoff_profile_upload upload = DROPOFF_PROFILE_UPLOAD_INIT;
    const dropoff_profile_details details = DROPOFF_PROFILE_DETAILS_INIT;
    const dropoff_hcompany_settings of_h = DROPOFF_HCOMPANY_SETTINGS_INIT;
    const dropoff_encryption encryption = DROPOFF_ENCRYPTION_INIT;
    const dropoff_file file = DROPOFF_FILE_INIT;
    const dropoff_transfer transfer = DROPOFF_TRANSFER_INIT;
    const dropoff_agentdrop_settings of_d = DROPOFF_AGENTDROP_SETTINGS_INIT;
    const dropoff_sealed_file sealed = DROPOFF_SEALED_FILE_INIT;
    const dropoff_put_request put = DROPOFF_PUT_REQUEST_INIT;
    const dropoff_post_form_request form = DROPOFF_POST_FORM_REQUEST_INIT;
    const dropoff_put_parts_request parts = DROPOFF_PUT_PARTS_REQUEST_INIT;
    return pack.size == sizeof pack && upload.size == sizeof upload && details.size == sizeof details
           && of_h.size == sizeof of_h && encryption.size == sizeof encryption && file.size == sizeof file
           && transfer.size == sizeof transfer && of_d.size == sizeof of_d && sealed.size == sizeof sealed
           && put.size == sizeof put && form.size == sizeof form && parts.size == sizeof parts;
}

int main() {
    dropoff_error *error = nullptr;
    dropoff_storage *client = nullptr;
    dropoff_options options = DROPOFF_OPTIONS_INIT;
    options.max_attempts = 101;
    dropoff_status status = dropoff_storage_new(&options, &client, &error);
    bool told = status == DROPOFF_INVALID_INPUT && dropoff_error_side(error) == DROPOFF_SIDE_CALLER;
    dropoff_error_free(error);
    dropoff_storage_free(client);
    bool one_library = version_of_two() == dropoff_version() && dropoff_live_handles() == 0;
    return told && one_library && each_begins_with_its_size() ? 0 : 1;
}
