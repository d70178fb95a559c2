// Stands in for the module of this name: see viper.go.
module github.com/spf13/viper

go 1.26.0
