/*
 * dropoff for C++17 and later: handles that free themselves, exceptions with the facts, callbacks that are
 * any callable. Everything else is dropoff.h, which is the manual: requests are its structs, results are its
 * structs, and each call has the name and the rules that it has there.
 *
 *     #include <dropoff.hpp>
 *     #include <iostream>
 *
 *     int main() try {
 *         dropoff::agentdrop client; // AGENTDROP_API_KEY
 *         auto file = dropoff::begin<dropoff_file>();
 *         file.path = "report.pdf";
 *         auto transfer = dropoff::begin<dropoff_transfer>();
 *         transfer.sender = "data-pipeline";
 *         transfer.recipient = "analysis-agent";
 *         transfer.files = &file;
 *         transfer.files_count = 1;
 *         auto sent = client.send(transfer);
 *         std::cout << sent->id << " is " << sent->status << '\n';
 *     } catch (const dropoff::error &error) {
 *         std::cerr << error.what() << '\n';
 *         return error.status();
 *     }
 *
 * Errors. Every function that fails throws dropoff::error, but for those marked noexcept.
 *
 * Text. A field of a struct is a pointer to characters that end with NUL, as a literal or
 * std::string::c_str() is. What is only a std::string_view is kept by a dropoff::texts for as long as that
 * lives.
 *
 * Threads. As in dropoff.h: clients and jobs may be used by several threads at once. A callable is called on
 * threads of dropoff's. If it throws, the call is cancelled, and waiting for it throws that very exception; a
 * call that succeeded all the same gives its result.
 */

#ifndef DROPOFF_HPP
#define DROPOFF_HPP

#include <dropoff.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#if defined(__has_include) && __has_include(<span>) && __cplusplus >= 202002L
#include <span>
#endif

namespace dropoff {

/** What went wrong, with every fact. It holds no secret. Copying it shares the facts. */
class error : public std::runtime_error {
  public:
    /** Takes over a handle that a function of dropoff.h gave. */
    explicit error(dropoff_error *handle)
        : std::runtime_error(text(dropoff_error_message(handle))), handle_(handle, dropoff_error_free) {}

    dropoff_status status() const noexcept { return dropoff_error_kind(get()); }
    std::string kind() const { return text(dropoff_error_kind_name(get())); }
    dropoff_side side() const noexcept { return dropoff_error_side(get()); }
    dropoff_outcome outcome() const noexcept { return dropoff_error_outcome(get()); }
    dropoff_cleanup cleanup() const noexcept { return dropoff_error_cleanup(get()); }
    bool retryable() const noexcept { return dropoff_error_retryable(get()); }
    int http_status() const noexcept { return dropoff_error_http_status(get()); }
    int os_error() const noexcept { return dropoff_error_errno(get()); }
    std::optional<std::chrono::milliseconds> retry_after() const {
        std::uint64_t ms = 0;
        if (!dropoff_error_retry_after_ms(get(), &ms))
            return std::nullopt;
        return std::chrono::milliseconds(ms);
    }
    std::optional<std::string> operation() const { return maybe(dropoff_error_operation(get())); }
    std::optional<std::string> service_code() const { return maybe(dropoff_error_service_code(get())); }
    std::optional<std::string> request_id() const { return maybe(dropoff_error_request_id(get())); }
    std::optional<std::string> cause() const { return maybe(dropoff_error_cause(get())); }
    std::optional<std::string> resource_kind() const { return maybe(dropoff_error_resource_kind(get())); }
    std::optional<std::string> resource_id() const { return maybe(dropoff_error_resource_id(get())); }
    std::optional<std::string> path() const { return maybe(dropoff_error_path(get())); }
    std::optional<std::string> journal() const { return maybe(dropoff_error_journal(get())); }
    std::optional<std::string> etag() const { return maybe(dropoff_error_etag(get())); }
    /** The fields that the service complained about, each with its words. */
    std::vector<std::pair<std::string, std::string>> details() const {
        std::vector<std::pair<std::string, std::string>> found;
        for (std::size_t at = 0; at < dropoff_error_details_count(get()); at++)
            found.emplace_back(text(dropoff_error_details_field(get(), at)),
                               text(dropoff_error_details_message(get(), at)));
        return found;
    }
    std::string json() const { return text(dropoff_error_to_json(get())); }
    const dropoff_error *get() const noexcept { return handle_.get(); }

  private:
    static std::string text(const char *text) { return text == nullptr ? "" : text; }
    static std::optional<std::string> maybe(const char *text) {
        return text == nullptr ? std::nullopt : std::optional<std::string>(text);
    }
    std::shared_ptr<const dropoff_error> handle_;
};

/** Throws what a function of dropoff.h failed with. The error by reference: it is read after that function's
 *  call, in whichever order a compiler evaluates arguments. */
inline void check(dropoff_status status, dropoff_error *const &error) {
    if (status != DROPOFF_OK)
        throw dropoff::error(error);
}

/** Which function of dropoff.h frees something. */
template <typename T> struct freed;
template <typename T> struct free_it {
    void operator()(T *handle) const noexcept { freed<T>::by(handle); }
};
/** A result or a handle that frees itself: `result->id`, `result.get()`. */
template <typename T> using owned = std::unique_ptr<T, free_it<T>>;

/** How a struct begins in which nothing is set, and how a job's result is asked for. */
template <typename T> struct initial;
template <typename T> struct result_of;

#define DROPOFF_HPP_FREED(name) \
    template <> struct freed<dropoff_##name> { \
        static void by(dropoff_##name *handle) noexcept { dropoff_##name##_free(handle); } \
    };
#define DROPOFF_HPP_RESULT(name) \
    DROPOFF_HPP_FREED(name) \
    template <> struct result_of<dropoff_##name> { \
        static dropoff_status get(const dropoff_job *job, dropoff_##name **place, dropoff_error **error) { \
            return dropoff_job_##name(job, place, error); \
        } \
    };
#define DROPOFF_HPP_INITIAL(name, macro) \
    template <> struct initial<dropoff_##name> { \
        static dropoff_##name value() noexcept { return macro; } \
    };
DROPOFF_HPP_FREED(agentdrop)
DROPOFF_HPP_FREED(hcompany)
DROPOFF_HPP_FREED(job)
DROPOFF_HPP_FREED(key_pair)
DROPOFF_HPP_FREED(source)
DROPOFF_HPP_FREED(storage)
DROPOFF_HPP_RESULT(confirmed)
DROPOFF_HPP_RESULT(opened_file)
DROPOFF_HPP_RESULT(profile)
DROPOFF_HPP_RESULT(profile_inspection)
DROPOFF_HPP_RESULT(profile_ticket)
DROPOFF_HPP_RESULT(sent_files)
DROPOFF_HPP_RESULT(sent_transfer)
DROPOFF_HPP_RESULT(stored_object)
DROPOFF_HPP_RESULT(stored_parts)
DROPOFF_HPP_RESULT(transfer_info)
DROPOFF_HPP_RESULT(transfer_plan)
DROPOFF_HPP_RESULT(transfer_ticket)
DROPOFF_HPP_INITIAL(agentdrop_settings, DROPOFF_AGENTDROP_SETTINGS_INIT)
DROPOFF_HPP_INITIAL(encryption, DROPOFF_ENCRYPTION_INIT)
DROPOFF_HPP_INITIAL(file, DROPOFF_FILE_INIT)
DROPOFF_HPP_INITIAL(hcompany_settings, DROPOFF_HCOMPANY_SETTINGS_INIT)
DROPOFF_HPP_INITIAL(options, DROPOFF_OPTIONS_INIT)
DROPOFF_HPP_INITIAL(pack, DROPOFF_PACK_INIT)
DROPOFF_HPP_INITIAL(post_form_request, DROPOFF_POST_FORM_REQUEST_INIT)
DROPOFF_HPP_INITIAL(profile_details, DROPOFF_PROFILE_DETAILS_INIT)
DROPOFF_HPP_INITIAL(profile_upload, DROPOFF_PROFILE_UPLOAD_INIT)
DROPOFF_HPP_INITIAL(put_parts_request, DROPOFF_PUT_PARTS_REQUEST_INIT)
DROPOFF_HPP_INITIAL(put_request, DROPOFF_PUT_REQUEST_INIT)
DROPOFF_HPP_INITIAL(sealed_file, DROPOFF_SEALED_FILE_INIT)
DROPOFF_HPP_INITIAL(send_request, DROPOFF_SEND_REQUEST_INIT)
DROPOFF_HPP_INITIAL(transfer, DROPOFF_TRANSFER_INIT)
#undef DROPOFF_HPP_INITIAL
#undef DROPOFF_HPP_RESULT
#undef DROPOFF_HPP_FREED

/** A struct in which nothing is set: `auto transfer = dropoff::begin<dropoff_transfer>();`. */
template <typename T> T begin() noexcept { return initial<T>::value(); }

/** Keeps text for the fields of structs: `transfer.message = texts.keep(view);`. It outlives the call. */
class texts {
  public:
    /** Throws std::invalid_argument for text with a NUL inside, where C would see its end. */
    const char *keep(std::string_view text) {
        if (text.find('\0') != std::string_view::npos)
            throw std::invalid_argument("a text holds a NUL");
        return kept_.emplace_back(text).c_str();
    }

  private:
    std::deque<std::string> kept_;
};

/** Is told how far a call is; false cancels the call. */
using on_progress = std::function<bool(const dropoff_progress &)>;
/** Reads at most `capacity` bytes into `buffer` and gives how many; 0 is the end. What it throws ends the
 *  call. */
using read_fn = std::function<std::size_t(std::uint8_t *buffer, std::size_t capacity)>;
/** Sets a stream back to where it stood before the first read, or throws if it cannot. */
using rewind_fn = std::function<void()>;
/** Is told one line of the log, on a thread of dropoff's. An exception of it is let go: nobody waits. */
using on_log = std::function<void(dropoff_log_level level, const char *message)>;

namespace detail {
/** A callable on its way through C, and what it threw. */
struct progress_state {
    on_progress told;
    std::exception_ptr thrown;

    static int tell(const dropoff_progress *progress, void *data) noexcept {
        auto &self = **static_cast<std::shared_ptr<progress_state> *>(data);
        try {
            return self.told(*progress) ? 0 : 1;
        } catch (...) {
            self.thrown = std::current_exception();
            return 1;
        }
    }
    static void release(void *data) noexcept { delete static_cast<std::shared_ptr<progress_state> *>(data); }
};

/** The callable of one call. Without one it changes nothing. */
class callback {
  public:
    explicit callback(on_progress told) {
        if (told)
            state_ = std::make_shared<progress_state>(progress_state{std::move(told), nullptr});
    }
    /** Puts it into the copy of a request that the call takes. */
    template <typename Request> Request in(const Request &request) const {
        Request copy = request;
        if (state_ && (request.on_progress != nullptr || request.finalizer != nullptr))
            throw std::invalid_argument("the request has a callback of its own; give that or a callable");
        // A struct of another size is refused without a look at its finalizer.
        if (state_ && request.size == sizeof request) {
            copy.on_progress = progress_state::tell;
            copy.user_data = new std::shared_ptr<progress_state>(state_);
            copy.finalizer = progress_state::release;
        }
        return copy;
    }
    /** Gives it to a job whose call takes no request. */
    void watch(const dropoff_job *job) const {
        if (!state_)
            return;
        dropoff_error *error = nullptr;
        auto data = new std::shared_ptr<progress_state>(state_);
        check(dropoff_job_on_progress(job, progress_state::tell, data, progress_state::release, &error), error);
    }
    void rethrow() const {
        if (state_ && state_->thrown)
            std::rethrow_exception(state_->thrown);
    }

  private:
    std::shared_ptr<progress_state> state_;
};

struct log_state {
    on_log told;
    static void tell(dropoff_log_level level, const char *message, void *data) noexcept {
        try {
            static_cast<log_state *>(data)->told(level, message);
        } catch (...) {
        }
    }
    static void release(void *data) noexcept { delete static_cast<log_state *>(data); }
};

struct read_state {
    read_fn read;
    rewind_fn rewind;
    static int next(void *data, std::uint8_t *buffer, std::size_t capacity, std::size_t *got) noexcept {
        try {
            *got = static_cast<read_state *>(data)->read(buffer, capacity);
            return 0;
        } catch (...) {
            return -1;
        }
    }
    static int back(void *data) noexcept {
        try {
            static_cast<read_state *>(data)->rewind();
            return 0;
        } catch (...) {
            return -1;
        }
    }
    static void release(void *data) noexcept { delete static_cast<read_state *>(data); }
};
} // namespace detail

/** As dropoff_log_set: the lines of `level` and those that matter more go to `told`; none go anywhere without
 *  it. */
inline void set_log(dropoff_log_level level, on_log told = {}) {
    dropoff_error *error = nullptr;
    if (level == DROPOFF_LOG_NONE || !told) {
        check(dropoff_log_set(DROPOFF_LOG_NONE, nullptr, nullptr, nullptr, &error), error);
        return;
    }
    auto state = new detail::log_state{std::move(told)};
    check(dropoff_log_set(level, detail::log_state::tell, state, detail::log_state::release, &error), error);
}

/** The bytes to send, where they are not a path's: `put.source = source.get();`. The call that takes it
 *  empties it. */
class source {
  public:
    /** As a path, for the calls that take a source alone. */
    static source path(const std::string &path) {
        return made([&](auto place, auto error) { return dropoff_source_from_path(path.c_str(), place, error); });
    }
    /** A copy of bytes in memory. */
    static source memory(const void *data, std::size_t length) {
        auto bytes = static_cast<const std::uint8_t *>(data);
        return made([&](auto place, auto error) {
            return dropoff_source_from_memory(bytes, length, nullptr, nullptr, place, error);
        });
    }
    static source memory(std::string_view bytes) { return memory(bytes.data(), bytes.size()); }
#ifdef __cpp_lib_span
    static source memory(std::span<const std::byte> bytes) { return memory(bytes.data(), bytes.size()); }
#endif
    /** Bytes that are moved in and not copied. */
    static source owned_memory(std::vector<std::uint8_t> bytes) {
        auto kept = new std::vector<std::uint8_t>(std::move(bytes));
        auto release = [](void *data) { delete static_cast<std::vector<std::uint8_t> *>(data); };
        return made([&](auto place, auto error) {
            return dropoff_source_from_memory(kept->data(), kept->size(), kept, release, place, error);
        });
    }
    /** A stream that cannot go back. */
    static source reader(read_fn read) {
        auto state = new detail::read_state{std::move(read), {}};
        return made([&](auto place, auto error) {
            return dropoff_source_from_reader(detail::read_state::next, state, detail::read_state::release, place,
                                              error);
        });
    }
    /** A stream that can go back, so that the same call can be made again after it failed. */
    static source rewindable_reader(read_fn read, rewind_fn rewind) {
        auto state = new detail::read_state{std::move(read), std::move(rewind)};
        return made([&](auto place, auto error) {
            return dropoff_source_from_rewindable_reader(detail::read_state::next, detail::read_state::back, state,
                                                         detail::read_state::release, place, error);
        });
    }
    dropoff_source *get() const noexcept { return handle_.get(); }

  private:
    template <typename Make> static source made(Make make) {
        dropoff_source *handle = nullptr;
        dropoff_error *error = nullptr;
        check(make(&handle, &error), error);
        return source(handle);
    }
    explicit source(dropoff_source *handle) : handle_(handle) {}
    owned<dropoff_source> handle_;
};

/** An agent's key pair: `encryption.key_pair = pair.get();`. */
class key_pair {
  public:
    static key_pair generate() { return made(dropoff_key_pair_generate); }
    static key_pair from_private_key(const std::string &base64) {
        return made([&](auto place, auto error) {
            return dropoff_key_pair_from_private_key(base64.c_str(), place, error);
        });
    }
    static key_pair from_agentdrop_config(const std::string &path) {
        return made([&](auto place, auto error) {
            return dropoff_key_pair_from_agentdrop_config(path.c_str(), place, error);
        });
    }
    std::string public_key() const { return there(dropoff_key_pair_public_key(get())); }
    /** The private key. Do not log it. */
    std::string reveal_private_key() const { return there(dropoff_key_pair_reveal_private_key(get())); }
    const dropoff_key_pair *get() const noexcept { return handle_.get(); }

  private:
    template <typename Make> static key_pair made(Make make) {
        dropoff_key_pair *handle = nullptr;
        dropoff_error *error = nullptr;
        check(make(&handle, &error), error);
        return key_pair(handle);
    }
    static const char *there(const char *key) {
        if (key == nullptr)
            throw std::logic_error("the key pair was moved to another object; use that one");
        return key;
    }
    explicit key_pair(dropoff_key_pair *handle) : handle_(handle) {}
    owned<dropoff_key_pair> handle_;
};

/** A call that was started. Letting it go does not stop the call. */
template <typename Result> class job {
  public:
    job(dropoff_job *handle, detail::callback callback) : handle_(handle), callback_(std::move(callback)) {}

    /** Waits for the result; each call gives a copy of its own. */
    owned<Result> wait() const {
        Result *result = nullptr;
        dropoff_error *error = nullptr;
        auto status = result_of<Result>::get(get(), &result, &error);
        owned<Result> kept(result);
        if (status != DROPOFF_OK) {
            dropoff::error failed(error);
            callback_.rethrow();
            throw failed;
        }
        return kept;
    }
    /** Whether it is over within that time; the result, or the error, is then asked for with wait(). */
    bool wait_for(std::chrono::milliseconds limit) const {
        bool over = false;
        auto ms = static_cast<std::uint64_t>(limit.count() < 0 ? 0 : limit.count());
        return dropoff_job_wait_ms(get(), ms, &over, nullptr) != DROPOFF_OK || over;
    }
    bool done() const noexcept { return dropoff_job_is_done(get()); }
    void cancel() const noexcept { dropoff_job_cancel(get()); }
    dropoff_progress progress() const {
        dropoff_progress now;
        dropoff_error *error = nullptr;
        check(dropoff_job_progress(get(), sizeof now, &now, &error), error);
        return now;
    }
    /** Readable once the job is over, for poll and its like. */
    int fd() const {
        int fd = -1;
        dropoff_error *error = nullptr;
        check(dropoff_job_fd(get(), &fd, &error), error);
        return fd;
    }
    const dropoff_job *get() const noexcept { return handle_.get(); }

  private:
    owned<dropoff_job> handle_;
    detail::callback callback_;
};

namespace detail {
/** Makes a client of its settings. */
template <typename Client, typename Settings, typename Make> owned<Client> client(const Settings *settings, Make make) {
    Client *handle = nullptr;
    dropoff_error *error = nullptr;
    check(make(settings, &handle, &error), error);
    return owned<Client>(handle);
}

/** Starts a call. */
template <typename Result, typename Start> job<Result> start(on_progress told, Start begin) {
    callback callback(std::move(told));
    dropoff_job *handle = nullptr;
    dropoff_error *error = nullptr;
    check(begin(callback, &handle, &error), error);
    return job<Result>(handle, std::move(callback));
}

/** Starts a call that takes no request, in which a callable could stand. */
template <typename Result, typename Start> job<Result> start_watched(on_progress told, Start begin) {
    callback callback(std::move(told));
    dropoff_job *handle = nullptr;
    dropoff_error *error = nullptr;
    check(begin(&handle, &error), error);
    job<Result> started(handle, callback);
    callback.watch(started.get());
    return started;
}
} // namespace detail

/** A client of AgentDrop transfers. */
class agentdrop {
  public:
    agentdrop() : handle_(made(nullptr)) {}
    explicit agentdrop(const dropoff_agentdrop_settings &settings) : handle_(made(&settings)) {}

    job<dropoff_sent_transfer> start_send(const dropoff_transfer &transfer, on_progress told = {}) const {
        return started<dropoff_sent_transfer>(dropoff_agentdrop_start_send, transfer, std::move(told));
    }
    owned<dropoff_sent_transfer> send(const dropoff_transfer &transfer, on_progress told = {}) const {
        return start_send(transfer, std::move(told)).wait();
    }
    owned<dropoff_transfer_plan> plan(const dropoff_transfer &transfer) const {
        return started<dropoff_transfer_plan>(dropoff_agentdrop_start_plan, transfer, {}).wait();
    }
    owned<dropoff_transfer_ticket> presign(const dropoff_transfer &transfer) const {
        return started<dropoff_transfer_ticket>(dropoff_agentdrop_start_presign, transfer, {}).wait();
    }
    job<dropoff_sent_files> start_upload(const dropoff_transfer_ticket &ticket, const dropoff_file *files,
                                         std::size_t count, on_progress told = {}) const {
        return detail::start_watched<dropoff_sent_files>(std::move(told), [&](auto job, auto error) {
            return dropoff_agentdrop_start_upload(get(), &ticket, files, count, job, error);
        });
    }
    owned<dropoff_sent_files> upload(const dropoff_transfer_ticket &ticket, const dropoff_file *files,
                                     std::size_t count, on_progress told = {}) const {
        return start_upload(ticket, files, count, std::move(told)).wait();
    }
    owned<dropoff_confirmed> confirm(const std::string &transfer_id) const {
        return detail::start<dropoff_confirmed>({}, [&](auto &, auto job, auto error) {
            return dropoff_agentdrop_start_confirm(get(), transfer_id.c_str(), job, error);
        }).wait();
    }
    owned<dropoff_transfer_info> get_transfer(const std::string &transfer_id) const {
        return detail::start<dropoff_transfer_info>({}, [&](auto &, auto job, auto error) {
            return dropoff_agentdrop_start_get_transfer(get(), transfer_id.c_str(), job, error);
        }).wait();
    }
    void set_bandwidth_limit(std::uint64_t bytes_per_second) const {
        dropoff_error *error = nullptr;
        check(dropoff_agentdrop_set_bandwidth_limit(get(), bytes_per_second, &error), error);
    }
    const dropoff_agentdrop *get() const noexcept { return handle_.get(); }

  private:
    static owned<dropoff_agentdrop> made(const dropoff_agentdrop_settings *settings) {
        return detail::client<dropoff_agentdrop>(settings, dropoff_agentdrop_new);
    }
    template <typename Result, typename Start>
    job<Result> started(Start start, const dropoff_transfer &transfer, on_progress told) const {
        return detail::start<Result>(std::move(told), [&](auto &callback, auto job, auto error) {
            auto request = callback.in(transfer);
            return start(get(), &request, job, error);
        });
    }
    owned<dropoff_agentdrop> handle_;
};

/** A client of H Company's browser profiles. */
class hcompany {
  public:
    hcompany() : handle_(made(nullptr)) {}
    explicit hcompany(const dropoff_hcompany_settings &settings) : handle_(made(&settings)) {}

    job<dropoff_profile> start_upload_profile(const dropoff_profile_upload &upload, on_progress told = {}) const {
        return detail::start<dropoff_profile>(std::move(told), [&](auto &callback, auto job, auto error) {
            auto request = callback.in(upload);
            return dropoff_hcompany_start_upload_profile(get(), &request, job, error);
        });
    }
    owned<dropoff_profile> upload_profile(const dropoff_profile_upload &upload, on_progress told = {}) const {
        return start_upload_profile(upload, std::move(told)).wait();
    }
    owned<dropoff_profile_ticket> initiate_upload() const {
        return detail::start<dropoff_profile_ticket>({}, [&](auto &, auto job, auto error) {
            return dropoff_hcompany_start_initiate_upload(get(), job, error);
        }).wait();
    }
    /** Empties the source. */
    job<dropoff_stored_object> start_upload(const dropoff_profile_ticket &ticket, source &from,
                                            const dropoff_pack *pack = nullptr, on_progress told = {}) const {
        return detail::start_watched<dropoff_stored_object>(std::move(told), [&](auto job, auto error) {
            return dropoff_hcompany_start_upload(get(), &ticket, from.get(), pack, job, error);
        });
    }
    owned<dropoff_stored_object> upload(const dropoff_profile_ticket &ticket, source &from,
                                        const dropoff_pack *pack = nullptr, on_progress told = {}) const {
        return start_upload(ticket, from, pack, std::move(told)).wait();
    }
    owned<dropoff_profile> complete_upload(const std::string &profile_id,
                                           const dropoff_profile_details &details) const {
        return detail::start<dropoff_profile>({}, [&](auto &, auto job, auto error) {
            return dropoff_hcompany_start_complete_upload(get(), profile_id.c_str(), &details, job, error);
        }).wait();
    }
    owned<dropoff_profile> get_profile(const std::string &profile_id) const {
        return detail::start<dropoff_profile>({}, [&](auto &, auto job, auto error) {
            return dropoff_hcompany_start_get_profile(get(), profile_id.c_str(), job, error);
        }).wait();
    }
    void set_bandwidth_limit(std::uint64_t bytes_per_second) const {
        dropoff_error *error = nullptr;
        check(dropoff_hcompany_set_bandwidth_limit(get(), bytes_per_second, &error), error);
    }
    const dropoff_hcompany *get() const noexcept { return handle_.get(); }

  private:
    static owned<dropoff_hcompany> made(const dropoff_hcompany_settings *settings) {
        return detail::client<dropoff_hcompany>(settings, dropoff_hcompany_new);
    }
    owned<dropoff_hcompany> handle_;
};

/** A client of presigned targets that some other program asked for. */
class storage {
  public:
    storage() : handle_(made(nullptr)) {}
    explicit storage(const dropoff_options &options) : handle_(made(&options)) {}

    job<dropoff_stored_object> start_put(const dropoff_put_request &put, on_progress told = {}) const {
        return started<dropoff_stored_object>(dropoff_storage_start_put, put, std::move(told));
    }
    owned<dropoff_stored_object> put(const dropoff_put_request &put, on_progress told = {}) const {
        return start_put(put, std::move(told)).wait();
    }
    job<dropoff_stored_object> start_post_form(const dropoff_post_form_request &form, on_progress told = {}) const {
        return started<dropoff_stored_object>(dropoff_storage_start_post_form, form, std::move(told));
    }
    owned<dropoff_stored_object> post_form(const dropoff_post_form_request &form, on_progress told = {}) const {
        return start_post_form(form, std::move(told)).wait();
    }
    job<dropoff_stored_parts> start_put_parts(const dropoff_put_parts_request &parts, on_progress told = {}) const {
        return started<dropoff_stored_parts>(dropoff_storage_start_put_parts, parts, std::move(told));
    }
    owned<dropoff_stored_parts> put_parts(const dropoff_put_parts_request &parts, on_progress told = {}) const {
        return start_put_parts(parts, std::move(told)).wait();
    }
    job<dropoff_stored_object> start_post(const dropoff_put_request &post, on_progress told = {}) const {
        return started<dropoff_stored_object>(dropoff_storage_start_post, post, std::move(told));
    }
    owned<dropoff_stored_object> post(const dropoff_put_request &post, on_progress told = {}) const {
        return start_post(post, std::move(told)).wait();
    }
    job<dropoff_stored_object> start_send(const dropoff_send_request &send, on_progress told = {}) const {
        return started<dropoff_stored_object>(dropoff_storage_start_send, send, std::move(told));
    }
    owned<dropoff_stored_object> send(const dropoff_send_request &send, on_progress told = {}) const {
        return start_send(send, std::move(told)).wait();
    }
    void set_bandwidth_limit(std::uint64_t bytes_per_second) const {
        dropoff_error *error = nullptr;
        check(dropoff_storage_set_bandwidth_limit(get(), bytes_per_second, &error), error);
    }
    const dropoff_storage *get() const noexcept { return handle_.get(); }

  private:
    static owned<dropoff_storage> made(const dropoff_options *options) {
        return detail::client<dropoff_storage>(options, dropoff_storage_new);
    }
    template <typename Result, typename Start, typename Request>
    job<Result> started(Start start, const Request &given, on_progress told) const {
        return detail::start<Result>(std::move(told), [&](auto &callback, auto job, auto error) {
            auto request = callback.in(given);
            return start(get(), &request, job, error);
        });
    }
    owned<dropoff_storage> handle_;
};

/** As dropoff_inspect_profile. */
inline owned<dropoff_profile_inspection> inspect_profile(const std::string &folder,
                                                         const dropoff_pack *pack = nullptr,
                                                         on_progress told = {}) {
    return detail::start_watched<dropoff_profile_inspection>(std::move(told), [&](auto job, auto error) {
        return dropoff_start_inspect_profile(folder.c_str(), pack, job, error);
    }).wait();
}

/** As dropoff_open_sealed. */
inline owned<dropoff_opened_file> open_sealed(const dropoff_sealed_file &sealed, const std::string &to,
                                              const key_pair &pair, on_progress told = {}) {
    return detail::start_watched<dropoff_opened_file>(std::move(told), [&](auto job, auto error) {
        return dropoff_start_open_sealed(&sealed, to.c_str(), pair.get(), job, error);
    }).wait();
}

} // namespace dropoff

#endif /* DROPOFF_HPP */
