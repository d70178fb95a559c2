package cli

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"

	"dpp/internal/config"
)

// fileFlag names the configuration file.
type fileFlag struct {
	Config string `name:"config" placeholder:"FILE" help:"Configuration file: a JSON object of settings ($$DPP_CONFIG)."`
}

// placeFlags are the settings that say where data is.
func placeFlags() kong.Plugins {
	var places []config.Setting
	for _, s := range config.Settings() {
		if s.Place {
			places = append(places, s)
		}
	}
	return settingFlags(places)
}

// allFlags are all settings.
func allFlags() kong.Plugins { return settingFlags(config.Settings()) }

// settingFlags makes a flag of each setting: a struct with one text field for each,
// as the parser wants it. Package config alone reads the texts, so that a wrong
// value is told alike wherever it stands.
func settingFlags(settings []config.Setting) kong.Plugins {
	fields := make([]reflect.StructField, len(settings))
	for i, s := range settings {
		placeholder := s.Default
		if placeholder == "" {
			placeholder = "VALUE"
		}
		fields[i] = reflect.StructField{
			Name: strings.ToUpper(s.Key()),
			Type: reflect.TypeFor[string](),
			Tag:  reflect.StructTag(fmt.Sprintf(`name:%q placeholder:%q help:%q`, s.Name, placeholder, s.Help+" ($$"+s.Variable()+")")),
		}
	}
	return kong.Plugins{&fileFlag{}, reflect.New(reflect.StructOf(fields)).Interface()}
}

// settingsGiven returns the settings that stood on the command line.
func settingsGiven(chosen *kong.Context) map[string]string {
	known := map[string]bool{config.FileFlag: true}
	for _, s := range config.Settings() {
		known[s.Name] = true
	}
	given := map[string]string{}
	for _, flag := range chosen.Flags() {
		if flag.Set && known[flag.Name] {
			given[flag.Name] = chosen.FlagValue(flag).(string) //nolint:errcheck // settingFlags made it one
		}
	}
	return given
}
