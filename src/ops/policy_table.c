/* Data: programs, the options of theirs that change nothing, and what their verbs do. An
 * option is listed only when its manual says so; a wrong row lets a change pass as a
 * read, so when in doubt it is left out. Pure. */
#include "policy_table.h"

#include <stddef.h>

#define READS     AUDIT_READ
#define CHANGES   AUDIT_CHANGE
#define DESTROYS  AUDIT_DESTROY
#define UNBOUNDED AUDIT_SHELL

#define VERBS(...)                                                                       \
	(const struct policy_verb[])                                                     \
	{                                                                                \
		__VA_ARGS__,                                                             \
		{                                                                        \
			NULL, CHANGES                                                    \
		}                                                                        \
	}
#define ALWAYS(class) VERBS({"", class})

const struct policy_program policy_programs[] = {
	/* files and disks */
	{.names = "df",
		"aBhHiklPTvB:t:x:",
		"all block-size= human-readable si inodes local portability print-type "
		"total type= exclude-type= output no-sync"},
	{.names = "du",
		"0acDhHklLmsSxB:d:t:X:",
		"all apparent-size block-size= bytes total dereference-args max-depth= "
		"human-readable inodes si summarize separate-dirs one-file-system "
		"threshold= time time-style= exclude= null count-links"},
	{.names = "ls",
		"1aAbBcCdfFgGhHiIklLmnNopqQrRsStuUvxXZT:w:I:",
		"all almost-all author block-size= classify color directory "
		"dereference file-type format= full-time group-directories-first "
		"human-readable inode numeric-uid-gid recursive reverse size sort= "
		"time= time-style= width="},
	{.names = "stat",
		"fLtc:",
		"dereference file-system format= printf= terse cached="},
	{.names = "lsblk",
		"abdDfiJlmnOpPrsStTzo:x:I:e:",
		"all bytes ascii fs json list noheadings output= output-all paths pairs "
		"scsi topology tree perms nodeps inverse"},
	{.names = "findmnt",
		"aAbcDfJklmnPrRsuvo:t:S:T:O:",
		"all ascii bytes df json list noheadings output= raw real pseudo types= "
		"source= target= tree"},
	{.names = "mount", "lt:", "", NULL, POLICY_BARE},
	{.names = "blkid", "ko:s:", "", NULL, POLICY_BARE},
	{.names = "cat",
		"AbeEnstTuv",
		"show-all number number-nonblank show-ends show-tabs squeeze-blank "
		"show-nonprinting"},
	{.names = "head", "0123456789qvzn:c:", "lines= bytes= quiet silent verbose"},
	{.names = "tail",
		"0123456789fFqvzn:c:s:",
		"lines= bytes= follow= follow retry pid= quiet "
		"sleep-interval= verbose"},
	{.names = "wc", "clLmw", "bytes chars lines words max-line-length"},
	{.names = "md5sum sha1sum sha256sum sha512sum cksum",
		"bct",
		"binary check text quiet status strict warn ignore-missing"},
	{.names = "file", "biLkhNrsz", "brief mime mime-type dereference"},
	{.names = "readlink realpath", "efmnqsvz", "canonicalize canonicalize-existing"},
	{.names = "basename dirname", "az", ""},
	{.names = "grep egrep fgrep zgrep",
		"0123456789abcEFGHhiIlLnoPqrRsTvVwxyZA:B:C:D:d:e:f:m:",
		"extended-regexp fixed-strings basic-regexp perl-regexp regexp= file= "
		"ignore-case no-ignore-case word-regexp line-regexp invert-match "
		"count color colour max-count= quiet silent no-messages byte-offset "
		"with-filename no-filename line-number only-matching recursive include= "
		"exclude= exclude-dir= after-context= before-context= context= text "
		"files-with-matches files-without-match null"},
	{.names = "cut",
		"b:c:d:f:ns",
		"bytes= characters= delimiter= fields= complement "
		"only-delimited output-delimiter="},
	{.names = "sort",
		"bdfghiMnRrsuVzk:t:S:",
		"reverse numeric-sort human-numeric-sort unique key= field-separator= "
		"version-sort general-numeric-sort ignore-case stable"},
	{.names = "uniq",
		"cdDiuzf:s:w:",
		"count repeated ignore-case unique",
		NULL,
		POLICY_BARE},
	{.names = "tr", "cCdst", "complement delete squeeze-repeats truncate-set1"},
	{.names = "nl fold rev tac column", "abdeinpst:w:s:c:", ""},
	{.names = "diff cmp comm",
		"0123abBBcCdeEilNnqrstuwyU:",
		"brief recursive unified side-by-side ignore-case"},
	{.names = "zcat zless xzcat bzcat", "fhlqv", ""},
	{.names = "lsattr getfacl", "adRlvpceEst", ""},
	{.names = "lsof", "abCFhlnNoOPRtUvVXp:u:i:c:d:g:s:T:", ""},
	{.names = "fuser",
		"aluv4604mnM:",
		"all list-signals mount namespace= verbose",
		"-k --kill",
		0,
		VERBS({"", READS})},
	/* processes and load */
	{.names = "uptime w who whoami id nproc arch tty groups users last lastb lsmod "
		  "lscpu",
		"abdehHilmnopqrstuwxAFfRv",
		"all pretty since online json extended"},
	{.names = "free",
		"bghkltmwvs:c:",
		"bytes kilo mega giga human total wide si lohi count= "
		"seconds="},
	{.names = "vmstat",
		"adDfmnstwzS:p:",
		"active disk disk-sum forks slabs one-header stats "
		"timestamp wide unit="},
	{.names = "iostat mpstat pidstat sar", "AbBcCdDFhHklmnNqrRsStuUvVwWxyzpP:", ""},
	{.names = "ps",
		"aAcdefFhHjlLmMnNOpqrsSTuUvVwxyZC:G:g:o:O:p:q:s:t:u:U:k:",
		"forest format= sort= no-headers headers width= ppid= pid= user= "
		"columns= "
		"cols= rows= lines= deselect group= tty= info sid="},
	{.names = "top", "bcHiSsd:n:o:p:u:U:w:e:E:", ""},
	{.names = "pgrep",
		"acflnovxwLFd:P:g:G:s:t:u:U:F:r:",
		"list-name list-full full count newest oldest exact"},
	{.names = "pidof pstree pwdx", "aAcglnpsStuUxZH", ""},
	{.names = "pmap", "dpqxXA:", "extended device show-path quiet range="},
	{.names = "slabtop", "os:d:", "once sort= delay="},
	{.names = "dmesg",
		"dehHkLpPrStTuwWxl:f:",
		"ctime decode facility= level= follow human kernel nopager raw reltime "
		"since= until= time-format= userspace color show-delta",
		"-c -C --clear --read-clear"},
	{.names = "uname hostnamectl",
		"amnrspvio",
		"all kernel-name nodename kernel-release "
		"kernel-version machine static",
		NULL,
		POLICY_BARE,
		VERBS({"status", READS}, {"", READS})},
	{.names = "hostname",
		"adfiIAsy",
		"fqdn long short ip-address all-ip-addresses",
		NULL,
		POLICY_BARE},
	{.names = "date",
		"uRId:r:",
		"date= utc universal rfc-email rfc-3339= iso-8601 reference=",
		NULL,
		POLICY_BARE | POLICY_PLUS},
	{.names = "cal env printenv locale getconf", "ahm", "", NULL, POLICY_BARE},
	{.names = "true false sleep echo pwd test expr seq printf", "enE", ""},
	{.names = "getent", "i", "no-idn service="},
	/* network */
	{.names = "ss",
		"0460abeEgHilmnoOpQrsStTuUVwxzZf:A:F:N:",
		"all listening numeric processes tcp udp unix info memory extended "
		"options summary ipv4 ipv6 no-header oneline resolve",
		"-K --kill -D --diag",
		0,
		VERBS({"", READS})},
	{.names = "netstat",
		"46aceFgiglMnoprstuvwWxA:",
		"all numeric programs listening tcp udp "
		"route statistics interfaces"},
	{.names = "ping ping6 traceroute tracepath mtr",
		"46abdDLnOqrRUvzTc:i:w:W:s:t:I:m:p:Q:S:M:",
		"report report-cycles= no-dns "
		"tcp udp json wide"},
	{.names = "dig delv", "46mruvxhb:c:f:k:p:q:t:x:y:", "", NULL, 0},
	{.names = "host", "aCdilnrsTUvVwc:N:p:R:t:W:", ""},
	{.names = "nslookup", "", ""},
	{.names = "ip",
		"046sdotjpf:n:",
		"statistics details human resolve oneline brief color json pretty stats "
		"br family=",
		NULL,
		POLICY_LONG1,
		VERBS({"addr show|address show|a show|link show|route show|route "
		       "get|neigh show|rule show|addr list|route list|link list",
			      READS},
			{"addr$|address$|a$|link$|route$|r$|neigh$|rule$", READS},
			{"netns exec|vrf exec", UNBOUNDED}, {"", CHANGES})},
	{.names = "ethtool", "acgikSPTn", "statistics driver", NULL, 0},
	{.names = "resolvectl",
		"46i:p:t:c:",
		"no-pager interface= legend= json=",
		NULL,
		0,
		VERBS({"query|status|statistics|dns$|domain$", READS}, {"", CHANGES})},
	{.names = "curl",
		"0146fgGiIkLnNqsSvVm:H:A:e:r:",
		"fail fail-with-body silent show-error head include insecure location "
		"max-time= connect-timeout= compressed http1.1 http2 ipv4 ipv6 verbose "
		"resolve= header= user-agent= cacert= noproxy= retry= get",
		NULL,
		POLICY_HTTP},
	{.names = "openssl",
		"",
		"in= noout subject issuer serial enddate startdate dates checkend= "
		"fingerprint sha256 text ext= inform= nameopt= connect= servername= "
		"showcerts brief verify_return_error",
		NULL,
		POLICY_LONG1,
		VERBS({"version|x509|s_client", READS}, {"", CHANGES})},
	/* services and logs */
	{.names = "systemctl",
		"alqrn:o:p:t:",
		"all full lines= no-legend no-pager output= plain property= quiet "
		"recursive state= type= value user system failed reverse show-types "
		"after before",
		NULL,
		0,
		VERBS({"status|show|cat|is-active|is-enabled|is-failed|"
		       "is-system-running|list-units|list-unit-files|"
		       "list-timers|list-sockets|list-jobs|"
		       "list-dependencies|get-default|help|$",
			      READS},
			{"poweroff|halt|reboot|kexec|isolate|kill|rescue|"
			 "emergency",
				DESTROYS},
			{"", CHANGES})},
	{.names = "journalctl",
		"0123456789abefkmNqrxc:D:g:n:o:p:S:t:u:U:F:",
		"all boot= boot catalog case-sensitive= cursor= directory= disk-usage "
		"dmesg "
		"facility= follow full grep= header identifier= lines= list-boots "
		"merge no-hostname no-pager no-tail output= output-fields= "
		"pager-end priority= quiet reverse root= since= system "
		"unit= until= user user-unit= utc verify show-cursor",
		"--vacuum-size --vacuum-time --vacuum-files",
		0,
		VERBS({"", READS})},
	{.names = "systemd-analyze",
		"",
		"no-pager user system",
		NULL,
		0,
		VERBS({"blame|critical-chain|time|verify|calendar|timestamp|timespan|"
		       "unit-paths|$",
			      READS},
			{"", CHANGES})},
	{.names = "systemd-cgtop",
		"bcd:i:kmn:pPrt",
		"batch depth= iterations= order= raw"},
	{.names = "loginctl machinectl timedatectl",
		"al",
		"all full no-pager no-legend output=",
		NULL,
		0,
		VERBS({"list-sessions|list-users|status|show|show-session|session-status|"
		       "user-status|timesync-status|show-timesync|list|$",
			      READS},
			{"", CHANGES})},
	{.names = "chronyc",
		"nca46vh:p:",
		"",
		NULL,
		0,
		VERBS({"tracking|sources|sourcestats|activity|ntpdata|serverstats|"
		       "clients|rtcdata|selectdata",
			      READS},
			{"", CHANGES})},
	{.names = "ntpq", "46dnp", "peers numeric"},
	/* packages */
	{.names = "dpkg",
		"lLsSV",
		"list listfiles status search verify get-selections audit "
		"print-architecture"},
	{.names = "dpkg-query",
		"lLsSWf:",
		"list listfiles status search show showformat="},
	{.names = "apt-cache",
		"",
		"",
		NULL,
		0,
		VERBS({"policy|show|showpkg|search|depends|rdepends|madison|stats|"
		       "pkgnames",
			      READS},
			{"", CHANGES})},
	{.names = "apt",
		"a",
		"installed upgradable all-versions",
		NULL,
		0,
		VERBS({"list|show|search|policy", READS}, {"", CHANGES})},
	/* containers */
	{.names = "kubectl",
		"AfhLRwn:l:o:c:s:",
		"all-namespaces namespace= context= cluster= user= selector= "
		"output= watch sort-by= field-selector= show-labels no-headers "
		"request-timeout= previous tail= since= since-time= timestamps "
		"container= follow all-containers containers prefix limit-bytes= "
		"label-columns= ignore-not-found chunk-size= revision= timeout= "
		"recursive api-version= api-group= namespaced= verbs= for= types= "
		"minify flatten short client show-events show-kind use-protocol-buffers "
		"watch-only current list",
		NULL,
		POLICY_VERB_FIRST,
		VERBS({"get|describe|logs|top|events|explain|api-resources|api-versions|"
		       "version|cluster-info$|rollout status|rollout history|auth "
		       "can-i|config view|config current-context|config "
		       "get-contexts|config get-clusters|wait",
			      READS},
			{"delete|drain|replace", DESTROYS},
			{"exec|debug|cp|attach|port-forward|proxy|run|edit|plugin",
				UNBOUNDED},
			{"", CHANGES})},
	{.names = "docker podman nerdctl",
		"aqstf:n:H:c:",
		"all quiet no-trunc format= filter= size tail= since= until= timestamps "
		"follow no-stream host= context= last= latest human",
		NULL,
		POLICY_VERB_FIRST,
		VERBS({"ps|images|logs|inspect|stats|top|info|version|events|port|diff|"
		       "history|system df|image ls|container ls|volume ls|network "
		       "ls|network inspect|volume inspect|container logs|container "
		       "inspect",
			      READS},
			{"rm|rmi|kill|system prune|volume rm|volume prune|image rm|image "
			 "prune|container rm|container prune|network rm",
				DESTROYS},
			{"exec|run|cp|build|commit", UNBOUNDED}, {"", CHANGES})},
	{.names = "crictl",
		"aqo:r:n:t:",
		"all quiet output= tail= name= namespace= state= "
		"runtime-endpoint= timeout= pod=",
		NULL,
		POLICY_VERB_FIRST,
		VERBS({"ps|pods|images|img|logs|inspect|inspectp|inspecti|stats|statsp|"
		       "info|"
		       "version|imagefsinfo",
			      READS},
			{"rm|rmp|rmi|stop|stopp", DESTROYS}, {"exec|run|runp", UNBOUNDED},
			{"", CHANGES})},
	{.names = "helm",
		"aAqn:o:",
		"all all-namespaces namespace= kube-context= output= max= "
		"revision= short filter=",
		NULL,
		POLICY_VERB_FIRST,
		VERBS({"list|ls|status|history|get|show|search|version|env", READS},
			{"uninstall|delete|un|del", DESTROYS}, {"", CHANGES})},
	{.names = "openstack",
		"cf:m:",
		"long all-projects service= lines= os-cloud= column= format= limit= "
		"status= "
		"host= name= project= sort= max-width= fit-width",
		NULL,
		0,
		VERBS({"server list|server show|server event list|server event "
		       "show|console "
		       "log show|compute service list|hypervisor list|hypervisor "
		       "show|network agent list|network list|network show|port list|port "
		       "show|volume list|volume show|volume service list|image "
		       "list|image show|catalog list|endpoint list|service "
		       "list|hypervisor stats show|flavor list|flavor show|limits "
		       "show|quota show|project list|project show|resource provider "
		       "list|aggregate list",
			      READS},
			{"server delete|volume delete|image delete|network delete|port "
			 "delete",
				DESTROYS},
			{"", CHANGES})},
	{.names = "rabbitmqctl",
		"qsn:p:t:",
		"quiet silent node= vhost= timeout= formatter=",
		NULL,
		0,
		VERBS({"list_queues|list_connections|list_channels|list_consumers|"
		       "list_exchanges|list_bindings|list_vhosts|list_users|"
		       "cluster_status|status|environment|ping|report",
			      READS},
			{"delete_queue|purge_queue|reset|force_reset|delete_vhost|"
			 "forget_cluster_node",
				DESTROYS},
			{"eval", UNBOUNDED}, {"", CHANGES})},
	{.names = "rabbitmq-diagnostics",
		"qsn:t:",
		"quiet silent node= timeout= formatter=",
		NULL,
		0,
		VERBS({"ping|status|check_running|check_local_alarms|alarms|"
		       "check_port_connectivity|cluster_status|memory_breakdown|"
		       "listeners|check_if_node_is_quorum_critical",
			      READS},
			{"", CHANGES})},
	{.names = "redis-cli",
		"h:p:n:u:i:",
		"raw no-raw csv json bigkeys memkeys hotkeys latency latency-history tls "
		"no-auth-warning scan stat pattern= user= cacert=",
		NULL,
		0,
		VERBS({"INFO|info|PING|ping|DBSIZE|dbsize|ROLE|role|TIME|LASTSAVE|"
		       "SLOWLOG GET|slowlog get|SLOWLOG LEN|slowlog len|CLIENT "
		       "LIST|client list|MEMORY STATS|memory stats|MEMORY DOCTOR|memory "
		       "doctor|MEMORY USAGE|memory usage|CONFIG GET|config get|LATENCY "
		       "LATEST|latency latest|LATENCY DOCTOR|latency doctor|CLUSTER "
		       "INFO|cluster info|CLUSTER NODES|cluster nodes|LLEN|XLEN|XINFO|"
		       "TTL|TYPE|STRLEN|llen|xlen|ttl|type|strlen|$",
			      READS},
			{"FLUSHALL|FLUSHDB|flushall|flushdb|DEL|del|UNLINK|unlink|"
			 "SHUTDOWN|"
			 "shutdown|DEBUG|debug",
				DESTROYS},
			{"EVAL|eval|SCRIPT|script|FUNCTION|function", UNBOUNDED},
			{"", CHANGES})},
	{.names = "kafka-consumer-groups kafka-consumer-groups.sh kafka-topics "
		  "kafka-topics.sh",
		"",
		"bootstrap-server= describe list group= all-groups members state verbose "
		"timeout= topic= unavailable-partitions under-replicated-partitions"},
	{.names = "amtool",
		"o:",
		"alertmanager.url= output= silenced inhibited active unprocessed",
		NULL,
		0,
		VERBS({"alert query|alert$|silence query|silence$|config "
		       "show|check-config|cluster show",
			      READS},
			{"", CHANGES})},
	{.names = "kubeadm",
		"",
		"",
		NULL,
		0,
		VERBS({"certs check-expiration|version|token list", READS},
			{"reset", DESTROYS}, {"", CHANGES})},
	{.names = "ipmitool",
		"EvI:H:U:L:N:R:p:",
		"",
		NULL,
		0,
		VERBS({"chassis status|chassis power status|power status|sel list|sel "
		       "elist|sel info|sdr$|sdr list|sdr elist|sensor$|sensor list|mc "
		       "info|lan print|fru print|fru$",
			      READS},
			{"chassis power|power|sel clear", DESTROYS}, {"", CHANGES})},
	/* hardware and the kernel */
	{.names = "sysctl", "aneN", "all values ignore names", NULL, POLICY_EQUALS},
	{.names = "smartctl", "aHixAcl:d:n:", "all health info xall attributes json"},
	{.names = "pvs vgs lvs pvdisplay vgdisplay lvdisplay",
		"aAvo:O:S:",
		"all options= units= noheadings nosuffix"},
	{.names = "lspci lsusb", "nvkt", ""},
	{.names = "conntrack", "CSL", "count stats dump"},
	{.names = "pg_isready",
		"qh:p:U:d:t:",
		"host= port= username= dbname= timeout= quiet"},
	{.names = "postqueue", "jp", ""},
	/* what cannot be brought back */
	{.names = "rm rmdir unlink shred dd truncate wipefs mkswap fdisk parted sgdisk "
		  "lvremove vgremove "
		  "pvremove userdel groupdel dropdb dropuser kill pkill killall shutdown "
		  "reboot halt "
		  "poweroff init telinit swapoff umount mdadm zfs zpool terraform",
		NULL,
		NULL,
		NULL,
		0,
		ALWAYS(DESTROYS)},
	/* whose arguments are programs */
	{.names = "sh bash dash zsh ksh fish csh tcsh busybox python python2 python3 "
		  "perl ruby node lua "
		  "php awk gawk mawk ssh scp sftp rsync xargs parallel expect tclsh vi "
		  "vim ed ex emacs "
		  "nano less more man nsenter chroot unshare su runuser setsid watch "
		  "strace gdb "
		  "at batch crontab make sed psql mysql mongo mongosh sqlite3 ansible "
		  "docker-compose "
		  "eval exec tmux screen script socat nc ncat telnet jq yq tee tcpdump "
		  "perf bpftrace",
		NULL,
		NULL,
		NULL,
		0,
		ALWAYS(UNBOUNDED)},
	/* what runs another */
	{.names = "sudo",
		"nHu:",
		"non-interactive user=",
		NULL,
		POLICY_WRAPS | POLICY_ROOT},
	{.names = "timeout",
		"k:s:v",
		"kill-after= signal= foreground preserve-status verbose",
		NULL,
		POLICY_WRAPS | POLICY_SKIPS},
	{.names = "nice", "n:", "adjustment=", NULL, POLICY_WRAPS},
	{.names = "ionice", "c:n:t", "class= classdata= ignore", NULL, POLICY_WRAPS},
	{.names = "nohup time", "p", "portability", NULL, POLICY_WRAPS},
	{.names = "stdbuf", "i:o:e:", "input= output= error=", NULL, POLICY_WRAPS},
	{.names = NULL},
};
