/* What went wrong with a transfer, said so that somebody woken at night knows what to
 * look at: one const row for each of curl's codes, and the four cases (connect, time,
 * certificate, cut) that need more than a row. Any thread: mails are sent on one. */
#include "http_error.h"

#include "base/text.h"
#include "base/time.h"

#include <errno.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <string.h>
#include <strings.h>

static const struct row {
	CURLcode code;
	enum err_kind kind;
	const char *before, *after; /* the host stands between them */
} rows[] = {
	{CURLE_COULDNT_RESOLVE_HOST, ERR_NET, "cannot resolve ",
		": check the name in the url, or DNS"},
	{CURLE_COULDNT_RESOLVE_PROXY, ERR_NET, "cannot resolve the proxy for ",
		": check the *_proxy environment"},
	{CURLE_GOT_NOTHING, ERR_NET, "", " closed the connection without an answer"},
	{CURLE_RECV_ERROR, ERR_NET, "", " broke the connection"},
	{CURLE_SEND_ERROR, ERR_NET, "", " broke the connection while being asked"},
	{CURLE_UNSUPPORTED_PROTOCOL, ERR_INPUT, "",
		" does not speak HTTP: check the port and http or https in the url"},
	{CURLE_WEIRD_SERVER_REPLY, ERR_INPUT, "",
		" does not speak HTTP: check the port and http or https in the url"},
	{CURLE_BAD_CONTENT_ENCODING, ERR_INPUT, "the compressed answer of ",
		" is damaged"},
	{CURLE_HTTP2, ERR_NET, "", " broke the HTTP/2 connection"},
	{CURLE_HTTP2_STREAM, ERR_NET, "", " broke off the HTTP/2 answer"},
	{CURLE_SSL_CERTPROBLEM, ERR_INPUT, "the client certificate for ",
		" cannot be used: check cert-file and key-file"},
	{CURLE_SSL_CACERT_BADFILE, ERR_IO, "no CA certificates for ", ": check ca-file"},
	{CURLE_URL_MALFORMAT, ERR_USAGE, "the url of ", " cannot be used"},
	{CURLE_OUT_OF_MEMORY, ERR_LIMIT, "the headers of ", " are too large"},
};

/* Whether it was a proxy that could not be reached. Only curl's words tell: "Failed to
 * connect to NAME port N". */
static bool at_proxy(const struct http_failure *f)
{
	static const char before[] = "Failed to connect to ";
	const char *name = f->error + sizeof before - 1, *host = f->host, *port;
	size_t n;

	if (!f->port || *host == '/' || strncmp(f->error, before, sizeof before - 1))
		return false;
	port = strstr(name, " port ");
	if (!port)
		return false;
	n = (size_t)(port - name);
	host += *host == '[';
	port += strlen(" port ");
	return strncasecmp(name, host, n) ||
	       (host[n] && host[n] != ':' && host[n] != ']') ||
	       strncmp(port, f->port, strlen(f->port)) || port[strlen(f->port)] != ' ';
}

static void say_connect(CURL *easy, const struct http_failure *f, struct err *err)
{
	const char *host = f->host;
	long number = 0;

	curl.easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
	if (at_proxy(f)) {
		err_set(err, ERR_NET,
			"cannot connect to the proxy for %s%s%s: check the *_proxy "
			"environment",
			host, number ? ": " : "", number ? strerror((int)number) : "");
		return;
	}
	switch ((int)number) {
	case ECONNREFUSED:
		err_set(err, ERR_NET, "connection refused by %s: is it running?", host);
		break;
	case ENOENT:
		err_set(err, ERR_NET, "no socket %s: is it running?", host);
		break;
	case EACCES:
	case EPERM:
		err_set(err, ERR_NET, "not allowed to connect to %s", host);
		break;
	case ENETUNREACH:
	case EHOSTUNREACH:
		err_set(err, ERR_NET, "no route to %s: check the network or the VPN",
			host);
		break;
	case ETIMEDOUT:
		err_set(err, ERR_TIMEOUT, "no connection to %s: firewall, or host down?",
			host);
		break;
	default:
		err_set(err, ERR_NET, "cannot connect to %s%s%s", host,
			number ? ": " : "", number ? strerror((int)number) : "");
	}
}

/* "127.0.0.1:9090", "[::1]:9090", or a socket's path: nothing to resolve. */
static bool is_address(const char *host)
{
	return *host == '[' || *host == '/' || !host[strspn(host, "0123456789.:")];
}

static void say_timeout(CURL *easy, const struct http_failure *f, struct err *err)
{
	curl_off_t connected = 0, resolved = 0, got = 0;
	char within[TIME_TEXT];

	duration_text(f->timeout_ms, within);
	curl.easy_getinfo(easy, CURLINFO_NAMELOOKUP_TIME_T, &resolved);
	curl.easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &connected);
	curl.easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &got);
	if (got)
		err_set(err, ERR_TIMEOUT,
			"the answer of %s was not complete within %s (%lld bytes came)",
			f->host, within, (long long)got);
	else if (connected)
		err_set(err, ERR_TIMEOUT, "no answer from %s within %s", f->host, within);
	else if (resolved || is_address(f->host))
		err_set(err, ERR_TIMEOUT,
			"no connection to %s within %s: firewall, or host down?", f->host,
			within);
	else
		err_set(err, ERR_TIMEOUT, "no address for %s within %s: check DNS",
			f->host, within);
}

static void say_certificate(CURL *easy, const struct http_failure *f, struct err *err)
{
	long result = 0;
	char shown[160];

	curl.easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &result);
	switch (result) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		err_set(err, ERR_NET, "the certificate of %s has expired", f->host);
		break;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		err_set(err, ERR_NET,
			"the certificate of %s is not valid yet: is the clock right?",
			f->host);
		break;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		if (f->ca_file)
			err_set(err, ERR_NET,
				"the certificate of %s is not signed by ca-file %s",
				f->host, f->ca_file);
		else
			err_set(err, ERR_NET,
				"the certificate of %s is signed by an unknown CA: set "
				"ca-file",
				f->host);
		break;
	default:
		text_line(untrusted_str(f->error), shown, sizeof shown);
		err_set(err, ERR_NET,
			strstr(shown, "subject name")
				? "the certificate of %s is for another name (%s)"
				: "the certificate of %s is refused: %s",
			f->host, shown);
	}
}

static void say_cut(CURL *easy, const char *host, struct err *err)
{
	curl_off_t got = 0, all = -1;

	curl.easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &got);
	curl.easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &all);
	if (all > 0)
		err_set(err, ERR_NET, "answer of %s cut short: %lld of %lld bytes", host,
			(long long)got, (long long)all);
	else
		err_set(err, ERR_NET, "answer of %s cut short after %lld bytes", host,
			(long long)got);
}

/* Alerts by which a server says what it thinks of the client's certificate. */
static bool about_client(int alert)
{
	static const int alerts[] = {SSL_AD_BAD_CERTIFICATE,
		SSL_AD_UNSUPPORTED_CERTIFICATE, SSL_AD_CERTIFICATE_REVOKED,
		SSL_AD_CERTIFICATE_EXPIRED, SSL_AD_CERTIFICATE_UNKNOWN, SSL_AD_UNKNOWN_CA,
		SSL_AD_ACCESS_DENIED, SSL_AD_CERTIFICATE_REQUIRED};

	for (size_t i = 0; i < sizeof alerts / sizeof *alerts; i++)
		if (alert == alerts[i])
			return true;
	return false;
}

static bool say_alert(const struct http_failure *f, struct err *err)
{
	if (!about_client(f->alert))
		return false;
	if (f->certified)
		err_set(err, ERR_REFUSED,
			"%s refuses the client certificate: check cert-file", f->host);
	else
		err_set(err, ERR_REFUSED,
			"%s wants a client certificate: set cert-file and key-file",
			f->host);
	return true;
}

/* In TLS 1.3 a server looks at the client's certificate when the client already asks:
 * then its alert is often lost with the connection. */
static bool say_early_end(
	CURL *easy, CURLcode code, const struct http_failure *f, struct err *err)
{
	long status = 0;

	if (code != CURLE_SEND_ERROR && code != CURLE_RECV_ERROR && code != CURLE_HTTP2)
		return false;
	curl.easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	if (!f->secure || status)
		return false;
	err_set(err, ERR_NET,
		f->certified ? "%s broke the TLS connection before it answered: does it "
			       "refuse the client certificate?"
			     : "%s broke the TLS connection before it answered: does it "
			       "want a client certificate (cert-file)?",
		f->host);
	return true;
}

/* What a proxy answered to CONNECT. */
static bool say_proxy(CURL *easy, const char *host, struct err *err)
{
	long status = 0;

	curl.easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &status);
	if (status < 300)
		return false;
	if (status == 407)
		err_set(err, ERR_REFUSED,
			"the proxy for %s wants a credential (HTTP 407): check the "
			"*_proxy environment",
			host);
	else
		err_set(err, ERR_NET,
			"the proxy for %s does not connect to it (HTTP %ld)", host,
			status);
	return true;
}

static void say_row(CURLcode code, const struct http_failure *f, struct err *err)
{
	char shown[200];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].code == code) {
			err_set(err, rows[i].kind, "%s%s%s", rows[i].before, f->host,
				rows[i].after);
			return;
		}
	text_line(untrusted_str(*f->error ? f->error : curl.easy_strerror(code)), shown,
		sizeof shown);
	if (code == CURLE_SSL_CONNECT_ERROR && strstr(shown, "wrong version number"))
		err_set(err, ERR_INPUT,
			"%s does not speak TLS: http instead of https in the url?",
			f->host);
	else if (code == CURLE_SSL_CONNECT_ERROR)
		err_set(err, ERR_NET, "TLS with %s failed: %s", f->host, shown);
	else
		err_set(err, ERR_NET, "%s: %s", f->host, shown);
}

void http_error(
	CURL *easy, CURLcode code, const struct http_failure *failure, struct err *err)
{
	if (say_alert(failure, err) || say_proxy(easy, failure->host, err) ||
		say_early_end(easy, code, failure, err))
		return;
	switch (code) {
	case CURLE_COULDNT_CONNECT:
		say_connect(easy, failure, err);
		break;
	case CURLE_OPERATION_TIMEDOUT:
		say_timeout(easy, failure, err);
		break;
	case CURLE_PEER_FAILED_VERIFICATION:
		say_certificate(easy, failure, err);
		break;
	case CURLE_PARTIAL_FILE:
		say_cut(easy, failure->host, err);
		break;
	default:
		say_row(code, failure, err);
	}
}
