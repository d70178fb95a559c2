package delivery

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dpp/internal/config"
)

const guide = "docs/deploy.md"

// permissions that calls of the AWS interfaces need.
var permissions = map[string]string{
	"HeadBucket": "s3:ListBucket", "ListObjectsV2": "s3:ListBucket", "CreateBucket": "s3:CreateBucket",
	"PutObject": "s3:PutObject", "GetObject": "s3:GetObject", "HeadObject": "s3:GetObject", "DeleteObjects": "s3:DeleteObject",
	"GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock", "PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
	"GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration", "PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
	"GetQueueUrl": "sqs:GetQueueUrl", "GetQueueAttributes": "sqs:GetQueueAttributes", "CreateQueue": "sqs:CreateQueue",
	"SendMessage": "sqs:SendMessage", "SendMessageBatch": "sqs:SendMessage", "ReceiveMessage": "sqs:ReceiveMessage",
	"DeleteMessage": "sqs:DeleteMessage", "DeleteMessageBatch": "sqs:DeleteMessage",
}

var (
	awsCall   = regexp.MustCompile(`\.client\.([A-Z]\w+)\(`)
	awsAction = regexp.MustCompile("`((?:s3|sqs):[A-Za-z]+)`")
)

func TestTheGuideListsThePermissionsThatAreUsed(t *testing.T) {
	needed := map[string]bool{}
	for _, dir := range []string{"internal/blob/s3blob", "internal/queue/sqsqueue"} {
		paths, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		calls := 0
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, call := range awsCall.FindAllStringSubmatch(string(source), -1) {
				if call[1] == "Options" { // asks nobody
					continue
				}
				calls++
				if permissions[call[1]] == "" {
					t.Errorf("%s calls %s: say here and in %s which permission that needs", path, call[1], guide)
				}
				needed[permissions[call[1]]] = true
			}
		}
		if calls < 5 {
			t.Errorf("only %d calls were found in %s", calls, dir)
		}
	}
	listed := map[string]bool{}
	for _, action := range awsAction.FindAllStringSubmatch(text(t, guide), -1) {
		if listed[action[1]] = true; !needed[action[1]] {
			t.Errorf("%s lists %s, which nothing needs", guide, action[1])
		}
	}
	for action := range needed {
		if !listed[action] {
			t.Errorf("%s does not list %s", guide, action)
		}
	}
}

var (
	variable = regexp.MustCompile(`\bDPP_[A-Z_]+\b`)
	sameLine = regexp.MustCompile("(?:^|`|[;&] )(?:docker-compose --profile app exec api )?dpp ([a-z][^`#;&]*)")
	link     = regexp.MustCompile(`\]\(([^)#:]+)\)`)
	named    = regexp.MustCompile("`((?:infra|scripts|test)/[A-Za-z0-9_./-]+)`")
)

func TestTheGuideNamesOnlyWhatIsThere(t *testing.T) {
	content := text(t, guide)
	var known []string
	for _, s := range config.Settings() {
		known = append(known, s.Variable())
	}
	for _, name := range variable.FindAllString(content, -1) {
		if !slices.Contains(known, name) {
			t.Errorf("there is no setting %s", name)
		}
	}
	for _, target := range link.FindAllStringSubmatch(content, -1) {
		exists(t, filepath.Join(root, "docs", target[1]))
	}
	for _, target := range named.FindAllStringSubmatch(content, -1) {
		exists(t, filepath.Join(root, target[1]))
	}
}

func exists(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

// Every command that the guide shows is one of the binary, with flags that it has.
func TestTheGuidesCommandsExist(t *testing.T) {
	seen := map[string]bool{}
	for line := range strings.Lines(text(t, guide)) {
		for _, found := range sameLine.FindAllStringSubmatch(strings.TrimSpace(line), -1) {
			words := strings.Fields(found[1])
			call := strings.Join(words, " ")
			if seen[call] {
				continue
			}
			seen[call] = true
			if help, err := command(t, append(words, "--help"), nil); err != nil {
				t.Errorf("dpp %s: %v", found[1], err)
			} else if !strings.HasPrefix(help, "Usage: dpp "+words[0]) {
				t.Errorf("dpp %s: %s", found[1], help)
			}
		}
	}
	for _, needed := range []string{"migrate up", "migrate restored", "migrate status", "doctor", "audit", "api", "worker", "reaper"} {
		if !seen[needed] {
			t.Errorf("%s does not show dpp %s", guide, needed)
		}
	}
}
