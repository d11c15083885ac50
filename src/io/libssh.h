/* libssh, opened with the first connection: with Kerberos behind it it takes a megabyte,
 * and most consoles never leave their host. Its calls are written as they are called
 * there. Opened on main, once; used on any thread afterwards. */
#ifndef SRC_IO_LIBSSH_H
#define SRC_IO_LIBSSH_H

#include "base/err.h"

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <stdbool.h>

#define LIBSSH_CALLS(X)                                                                  \
	X(channel_change_pty_size)                                                       \
	X(channel_free)                                                                  \
	X(channel_is_eof)                                                                \
	X(channel_new)                                                                   \
	X(channel_open_forward)                                                          \
	X(channel_open_session)                                                          \
	X(channel_read_nonblocking)                                                      \
	X(channel_request_exec)                                                          \
	X(channel_request_pty_size)                                                      \
	X(channel_request_send_signal)                                                   \
	X(channel_request_shell)                                                         \
	X(channel_request_subsystem)                                                     \
	X(channel_send_eof)                                                              \
	X(channel_window_size)                                                           \
	X(channel_write)                                                                 \
	X(clean_pubkey_hash)                                                             \
	X(connect)                                                                       \
	X(disconnect)                                                                    \
	X(event_add_session)                                                             \
	X(event_dopoll)                                                                  \
	X(event_free)                                                                    \
	X(event_new)                                                                     \
	X(event_remove_session)                                                          \
	X(free)                                                                          \
	X(get_error)                                                                     \
	X(get_fd)                                                                        \
	X(get_fingerprint_hash)                                                          \
	X(get_poll_flags)                                                                \
	X(get_publickey_hash)                                                            \
	X(get_server_publickey)                                                          \
	X(is_connected)                                                                  \
	X(key_dup)                                                                       \
	X(key_free)                                                                      \
	X(key_type)                                                                      \
	X(key_type_to_char)                                                              \
	X(new)                                                                           \
	X(options_set)                                                                   \
	X(pki_copy_cert_to_privkey)                                                      \
	X(pki_export_pubkey_base64)                                                      \
	X(pki_import_cert_base64)                                                        \
	X(pki_import_cert_file)                                                          \
	X(pki_import_privkey_file)                                                       \
	X(pki_import_pubkey_file)                                                        \
	X(remove_channel_callbacks)                                                      \
	X(send_keepalive)                                                                \
	X(set_agent_socket)                                                              \
	X(set_blocking)                                                                  \
	X(set_channel_callbacks)                                                         \
	X(set_counters)                                                                  \
	X(string_free_char)                                                              \
	X(userauth_agent)                                                                \
	X(userauth_kbdint)                                                               \
	X(userauth_kbdint_getinstruction)                                                \
	X(userauth_kbdint_getname)                                                       \
	X(userauth_kbdint_getnprompts)                                                   \
	X(userauth_kbdint_getprompt)                                                     \
	X(userauth_kbdint_setanswer)                                                     \
	X(userauth_list)                                                                 \
	X(userauth_none)                                                                 \
	X(userauth_password)                                                             \
	X(userauth_publickey)                                                            \
	X(userauth_try_publickey)

struct libssh_calls {
#define LIBSSH_CALL(name) __typeof__(&(ssh_##name)) name;
	LIBSSH_CALLS(LIBSSH_CALL)
#undef LIBSSH_CALL
};
extern struct libssh_calls libssh;

/* False: it is not installed, or too old; *err says which. Costs a millisecond. */
bool libssh_open(struct err *err);

#define ssh_channel_change_pty_size        libssh.channel_change_pty_size
#define ssh_channel_free                   libssh.channel_free
#define ssh_channel_is_eof                 libssh.channel_is_eof
#define ssh_channel_new                    libssh.channel_new
#define ssh_channel_open_forward           libssh.channel_open_forward
#define ssh_channel_open_session           libssh.channel_open_session
#define ssh_channel_read_nonblocking       libssh.channel_read_nonblocking
#define ssh_channel_request_exec           libssh.channel_request_exec
#define ssh_channel_request_pty_size       libssh.channel_request_pty_size
#define ssh_channel_request_send_signal    libssh.channel_request_send_signal
#define ssh_channel_request_shell          libssh.channel_request_shell
#define ssh_channel_request_subsystem      libssh.channel_request_subsystem
#define ssh_channel_send_eof               libssh.channel_send_eof
#define ssh_channel_window_size            libssh.channel_window_size
#define ssh_channel_write                  libssh.channel_write
#define ssh_clean_pubkey_hash              libssh.clean_pubkey_hash
#define ssh_connect                        libssh.connect
#define ssh_disconnect                     libssh.disconnect
#define ssh_event_add_session              libssh.event_add_session
#define ssh_event_dopoll                   libssh.event_dopoll
#define ssh_event_free                     libssh.event_free
#define ssh_event_new                      libssh.event_new
#define ssh_event_remove_session           libssh.event_remove_session
#define ssh_free                           libssh.free
#define ssh_get_error                      libssh.get_error
#define ssh_get_fd                         libssh.get_fd
#define ssh_get_fingerprint_hash           libssh.get_fingerprint_hash
#define ssh_get_poll_flags                 libssh.get_poll_flags
#define ssh_get_publickey_hash             libssh.get_publickey_hash
#define ssh_get_server_publickey           libssh.get_server_publickey
#define ssh_is_connected                   libssh.is_connected
#define ssh_key_dup                        libssh.key_dup
#define ssh_key_free                       libssh.key_free
#define ssh_key_type                       libssh.key_type
#define ssh_key_type_to_char               libssh.key_type_to_char
#define ssh_new                            libssh.new
#define ssh_options_set                    libssh.options_set
#define ssh_pki_copy_cert_to_privkey       libssh.pki_copy_cert_to_privkey
#define ssh_pki_export_pubkey_base64       libssh.pki_export_pubkey_base64
#define ssh_pki_import_cert_base64         libssh.pki_import_cert_base64
#define ssh_pki_import_cert_file           libssh.pki_import_cert_file
#define ssh_pki_import_privkey_file        libssh.pki_import_privkey_file
#define ssh_pki_import_pubkey_file         libssh.pki_import_pubkey_file
#define ssh_remove_channel_callbacks       libssh.remove_channel_callbacks
#define ssh_send_keepalive                 libssh.send_keepalive
#define ssh_set_agent_socket               libssh.set_agent_socket
#define ssh_set_blocking                   libssh.set_blocking
#define ssh_set_channel_callbacks          libssh.set_channel_callbacks
#define ssh_set_counters                   libssh.set_counters
#define ssh_string_free_char               libssh.string_free_char
#define ssh_userauth_agent                 libssh.userauth_agent
#define ssh_userauth_kbdint                libssh.userauth_kbdint
#define ssh_userauth_kbdint_getinstruction libssh.userauth_kbdint_getinstruction
#define ssh_userauth_kbdint_getname        libssh.userauth_kbdint_getname
#define ssh_userauth_kbdint_getnprompts    libssh.userauth_kbdint_getnprompts
#define ssh_userauth_kbdint_getprompt      libssh.userauth_kbdint_getprompt
#define ssh_userauth_kbdint_setanswer      libssh.userauth_kbdint_setanswer
#define ssh_userauth_list                  libssh.userauth_list
#define ssh_userauth_none                  libssh.userauth_none
#define ssh_userauth_password              libssh.userauth_password
#define ssh_userauth_publickey             libssh.userauth_publickey
#define ssh_userauth_try_publickey         libssh.userauth_try_publickey

#endif
