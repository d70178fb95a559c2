package servers

import (
	"os"
	"strings"
	"testing"
)

// Cloud is where a service in the manner of AWS is, and who may use it.
type Cloud struct {
	Endpoint  string // http://127.0.0.1:port
	Region    string
	AccessKey string
	SecretKey string
}

const region = "us-east-1"

// Environ returns the settings as environment variables, NAME=value. They keep the
// SDK from looking anywhere else for them: in files, and on the network.
func (c Cloud) Environ() []string {
	return []string{
		"AWS_ACCESS_KEY_ID=" + c.AccessKey,
		"AWS_SECRET_ACCESS_KEY=" + c.SecretKey,
		"AWS_REGION=" + c.Region,
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=" + os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
	}
}

// Setenv puts the settings into the environment of the test, and removes all
// others that the SDK would read.
func (c Cloud) Setenv(t *testing.T) {
	t.Helper()
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "") // so that it comes back after the test
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, variable := range c.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
}
